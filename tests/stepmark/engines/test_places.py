"""Places in flight: affinity, stealing, and nobody left waiting."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepmark.engines.places import Places
from stepmark.errors import EngineDown


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Holder:
    """Takes a place for a problem and keeps it until told to let go."""

    def __init__(self, places: Places, problem: str = "pb_1", avoid: frozenset[int] = frozenset()):
        self.at: int | None = None
        self._done = asyncio.Event()
        self.task = asyncio.ensure_future(self._hold(places, problem, avoid))

    async def _hold(self, places: Places, problem: str, avoid: frozenset[int]) -> None:
        async with places.place(problem, avoid=avoid) as server:
            self.at = server
            await self._done.wait()

    async def let_go(self) -> None:
        self._done.set()
        await self.task
        await turns()


async def held(places: Places, *problems: str) -> list[Holder]:
    holders = []
    for problem in problems:
        holders.append(Holder(places, problem))
        await turns()
    return holders


def test_problems_spread_over_servers_and_each_stays_at_its_own():
    async def main() -> None:
        places = Places(2, each=8)
        holders = await held(places, "pb_a", "pb_b", "pb_a", "pb_b")
        assert [holder.at for holder in holders] == [0, 1, 0, 1]

    asyncio.run(main())


def test_a_server_that_is_clearly_busier_loses_its_problem_to_the_other():
    async def main() -> None:
        places = Places(2, each=8)
        holders = await held(places, *["pb_a"] * 3)
        assert [holder.at for holder in holders] == [0, 0, 1]

    asyncio.run(main())


def test_who_waits_at_a_full_server_is_taken_by_the_one_with_room():
    async def main() -> None:
        places = Places(2, each=1)
        first, second, waiting = await held(places, "pb_a", "pb_b", "pb_a")
        assert (first.at, second.at, waiting.at) == (0, 1, None)
        await second.let_go()
        assert waiting.at == 1

    asyncio.run(main())


def test_those_who_wait_for_a_server_that_closes_go_to_the_others():
    async def main() -> None:
        places = Places(2, each=1)
        _, second, waiting = await held(places, "pb_a", "pb_b", "pb_a")
        places.close(0)
        await second.let_go()
        assert waiting.at == 1

    asyncio.run(main())


def test_when_all_are_closed_everybody_waits_until_one_opens():
    async def main() -> None:
        places = Places(2, each=4)
        places.close(0)
        places.close(1)
        (waiting,) = await held(places, "pb_a")
        assert waiting.at is None
        places.open(1)
        await turns()
        assert waiting.at == 1

    asyncio.run(main())


def test_a_server_to_avoid_is_taken_only_if_there_is_no_other():
    async def main() -> None:
        places = Places(2, each=4)
        one = Holder(places, avoid=frozenset({0}))
        both = Holder(places, avoid=frozenset({0, 1}))
        await turns()
        assert one.at == 1
        assert both.at is not None

    asyncio.run(main())


def test_a_refusal_is_told_to_those_who_wait_and_those_who_come_and_not_to_who_holds_a_place():
    async def main() -> None:
        places = Places(1, each=1)
        holding, waiting = await held(places, "pb_a", "pb_a")
        places.refuse(EngineDown("gone"))
        (late,) = await held(places, "pb_a")
        for refused in (waiting, late):
            with pytest.raises(EngineDown, match="gone"):
                await refused.task
        await holding.let_go()

    asyncio.run(main())


def test_a_place_given_to_somebody_cancelled_goes_to_the_next():
    async def main() -> None:
        places = Places(1, each=1)
        first, second, third = await held(places, "pb_a", "pb_a", "pb_a")
        first._done.set()
        await asyncio.wait({first.task})
        second.task.cancel()  # its place was granted in this very turn
        await turns()
        assert third.at == 0

    asyncio.run(main())


@given(
    servers=st.integers(1, 3),
    each=st.integers(1, 3),
    problems=st.lists(st.integers(0, 4), max_size=30),
    closed=st.lists(st.integers(0, 2), max_size=4),
)
@settings(max_examples=50)
def test_nobody_is_forgotten_and_no_server_holds_more_than_its_places(
    servers, each, problems, closed
):
    async def main() -> None:
        places, holding = Places(servers, each=each), [0] * servers

        async def work(problem: int) -> None:
            async with places.place(f"pb_{problem}") as server:
                holding[server] += 1
                assert holding[server] <= each
                await asyncio.sleep(0)
                holding[server] -= 1

        async def trouble() -> None:
            for server in closed:
                places.close(server % servers)
                await asyncio.sleep(0)
                places.open(server % servers)

        await asyncio.gather(trouble(), *map(work, problems))
        assert places.in_flight == 0

    asyncio.run(main())
