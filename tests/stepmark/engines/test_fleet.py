"""Several servers, or one, in trouble: nothing waits here, the clock is what was slept."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from stepmark.engines.endpoint import Endpoint
from stepmark.engines.fleet import Fleet
from stepmark.engines.retry import RetryPolicy
from stepmark.engines.transport import Pacing
from stepmark.errors import EngineDown, EngineError, Interrupted
from tests.fakes.engines import Waits, a_request
from tests.fakes.openai_server import FakeServer
from tests.fakes.server_faults import Fault
from tests.fakes.tokenizers import trimming

T = TypeVar("T")


class Clock(Waits):
    """Sleeps in no time, and does something at a chosen sleep."""

    def __init__(self, at: int = 0, then: Callable[[], Any] = lambda: None) -> None:
        super().__init__()
        self._at, self._then = at, then

    async def __call__(self, seconds: float) -> None:
        await super().__call__(seconds)
        if len(self.slept_s) == self._at:
            self._then()
        await asyncio.sleep(0)


def with_fleet(
    servers: Sequence[FakeServer | str],
    work: Callable[[Fleet], Awaitable[T]],
    *,
    clock: Clock | None = None,
    patience_s: float = 1e9,
    meet: bool = True,
    **endpoint: Any,
) -> T:
    clock = clock or Clock()
    pacing = Pacing(sleep=clock, monotonic_s=lambda: clock.now_s, rng=random.Random(0))
    endpoints = [
        Endpoint(base_url=s if isinstance(s, str) else s.url, model="fake", **endpoint)
        for s in servers
    ]

    async def run() -> T:
        fleet = Fleet(endpoints, patience_s=patience_s, pacing=pacing)
        try:
            if meet:
                await fleet.meet()
            return await work(fleet)
        finally:
            await fleet.close()

    return asyncio.run(run())


def an_address() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/v1"


def for_problem(name: str, draws: tuple[int, ...] = (0,)) -> Any:
    return replace(a_request(draws), problem_id=name)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  (what is awaited happens in another thread)
        await asyncio.sleep(0)


async def buy(fleet: Fleet, problems: int = 8) -> int:
    """Buy a draw for each problem, one after the other; return how many came."""
    came = [await fleet.generate(for_problem(f"pb_{i}")) for i in range(problems)]
    return sum(map(len, came))


def test_requests_of_one_problem_go_to_one_server_and_problems_to_both():
    with FakeServer(latency_s=0.01) as one, FakeServer(latency_s=0.01) as two:

        async def work(fleet: Fleet) -> None:
            for draw in range(4):
                orders = [for_problem(name, (draw,)) for name in ("pb_a", "pb_b")]
                await asyncio.gather(*map(fleet.generate, orders))

        with_fleet([one, two], work)
    assert (one.draw_requests, two.draw_requests) == (4, 4)


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(reset=True), Fault(body=b"{")])
def test_a_request_that_failed_goes_to_the_other_server_at_once(fault):
    clock = Clock()
    with FakeServer(faults=lambda _: fault) as bad, FakeServer() as good:
        assert with_fleet([bad, good], lambda fleet: buy(fleet, 1), clock=clock) == 1
    assert (bad.draw_requests, good.draw_requests) == (1, 1)
    assert clock.slept_s == []


def test_a_server_that_fails_again_and_again_rests():
    with FakeServer(faults=lambda _: Fault(status=500)) as bad, FakeServer() as good:

        async def work(fleet: Fleet) -> tuple[int, str | None]:
            came = await asyncio.gather(
                *(fleet.generate(for_problem(f"pb_{i}")) for i in range(60))
            )
            return len(came), fleet.trouble()

        clock = Clock()
        came, trouble = with_fleet([bad, good], work, clock=clock, concurrency=100)
    assert came == 60
    assert good.draw_requests == 60
    assert trouble is None or "1 of 2 servers rest" in trouble
    assert clock.slept_s  # it was left alone for a while


def test_a_server_that_is_gone_loses_its_requests_to_the_other():
    with FakeServer() as good, FakeServer() as gone:

        async def work(fleet: Fleet) -> int:
            gone.stop()
            return await buy(fleet)

        came = with_fleet([gone, good], work)
    assert came == 8
    assert good.draw_requests == 8


def test_a_lone_server_that_restarts_is_waited_for():
    with FakeServer() as server:

        async def work(fleet: Fleet) -> int:
            server.stop()
            return await buy(fleet)

        assert with_fleet([server], work, clock=Clock(3, server.start)) == 8


def test_a_server_that_comes_back_as_another_is_not_bought_from():
    with FakeServer() as server:

        def come_back() -> None:
            server.template = trimming
            server.start()

        async def work(fleet: Fleet) -> int:
            server.stop()
            return await buy(fleet)

        with pytest.raises(EngineDown, match="The servers of a policy differ"):
            with_fleet([server], work, clock=Clock(1, come_back), patience_s=100.0)
    assert server.draw_requests == 0


def test_patience_ends_with_an_error_that_says_how_to_go_on():
    async def work(fleet: Fleet) -> list[Any]:
        orders = [fleet.generate(for_problem(f"pb_{i}")) for i in range(5)]
        return await asyncio.gather(*orders, return_exceptions=True)

    clock = Clock()
    told = with_fleet([an_address(), an_address()], work, clock=clock, patience_s=90, meet=False)
    assert {type(error) for error in told} == {EngineDown}
    assert "run the same command to go on" in str(told[0])
    assert clock.now_s >= 90


def test_waits_between_greetings_grow():
    clock = Clock()
    with pytest.raises(EngineDown):
        with_fleet([an_address()], buy, clock=clock, patience_s=600, meet=False)
    assert max(clock.slept_s[-6:]) > 10 * max(clock.slept_s[:3])


def test_while_all_are_down_the_trouble_says_who_since_when_and_until_when():
    told: list[str | None] = []

    async def work(fleet: Fleet) -> int:
        clock._then = lambda: told.append(fleet.trouble())
        return await buy(fleet)

    clock, url = Clock(10), an_address()
    with pytest.raises(EngineDown):
        with_fleet([url], work, clock=clock, patience_s=600, meet=False)
    assert str(told[0]).startswith("waiting for the server, silent for ")
    assert f"Nobody answers at {url}" in str(told[0])
    assert "Next try in " in str(told[0])
    assert "stopping (resumable) in " in str(told[0])


def test_a_request_that_is_refused_for_good_raises_at_once():
    fault = Fault(status=400, body=b"no")
    with (
        FakeServer(faults=lambda _: fault) as one,
        FakeServer(faults=lambda _: fault) as two,
        pytest.raises(EngineError, match="400"),
    ):
        with_fleet([one, two], buy)
    assert one.draw_requests + two.draw_requests == 1


def test_a_request_that_fails_where_others_do_not_is_given_up():
    """Its draws become unknown; the rest of the build is none the worse."""
    retry = RetryPolicy(retries=3)
    with FakeServer(faults={i: Fault(status=500) for i in range(1, 5)}) as server:

        async def work(fleet: Fleet) -> None:
            assert await buy(fleet, 1) == 1
            with pytest.raises(EngineError, match=r"attempt 4 of 4") as caught:
                await buy(fleet, 1)
            assert caught.value.reason == "http_500"
            assert await buy(fleet, 1) == 1

        with_fleet([server], work, retry=retry)


def test_draws_asked_one_by_one_are_each_repeated():
    with FakeServer(faults={0: Fault(status=500), 2: Fault(body=b"")}) as server:
        order = a_request((0, 1, 2), temperature=0.0)
        came = with_fleet([server], lambda fleet: fleet.generate(order))
    assert [completion.draw for completion in came] == [0, 1, 2]


def test_told_to_stop_it_sends_nothing_more_and_takes_what_is_under_way():
    with FakeServer(latency_s=0.05) as server:

        async def work(fleet: Fleet) -> list[Any]:
            orders = [
                asyncio.ensure_future(fleet.generate(for_problem(f"pb_{i}"))) for i in range(3)
            ]
            await until(lambda: bool(server.in_flight))
            fleet.stop(Interrupted("enough"))
            return await asyncio.gather(*orders, return_exceptions=True)

        first, *others = with_fleet([server], work, concurrency=1)
    assert len(first) == 1
    assert [str(other) for other in others] == ["enough"] * 2
    assert server.draw_requests == 1


def test_told_to_stop_it_does_not_wait_to_repeat():
    class Forever(Clock):
        async def __call__(self, seconds: float) -> None:
            await asyncio.Event().wait()

    with FakeServer(faults=lambda _: Fault(status=429)) as server:

        async def work(fleet: Fleet) -> None:
            order = asyncio.ensure_future(fleet.generate(a_request()))
            await until(lambda: bool(fleet._tasks))
            fleet.stop(Interrupted("enough"))
            with pytest.raises(Interrupted):
                await order

        with_fleet([server], work, clock=Forever())


def test_limits_a_minute_are_those_of_all_servers_together():
    clock = Clock()
    with FakeServer() as one, FakeServer() as two:

        async def both(fleet: Fleet) -> None:
            await asyncio.gather(*(fleet.generate(for_problem(f"pb_{i}")) for i in range(4)))

        with_fleet([one, two], both, clock=clock, requests_per_minute=60)
    assert one.draw_requests == two.draw_requests == 2
    assert clock.now_s == pytest.approx(3.0)


def test_servers_that_render_differently_are_told_before_anything_is_bought():
    with (
        FakeServer() as one,
        FakeServer(template=trimming) as two,
        pytest.raises(EngineError, match="The servers of a policy differ") as caught,
    ):
        with_fleet([one, two], buy)
    assert one.url in str(caught.value)
    assert two.url in str(caught.value)
    assert one.draw_requests == two.draw_requests == 0


def test_a_server_of_another_model_is_told_before_anything_is_bought():
    with (
        FakeServer() as one,
        FakeServer(model="else") as two,
        pytest.raises(EngineError, match="does not serve the model 'fake'"),
    ):
        with_fleet([one, two], buy)


def test_a_server_that_is_down_at_first_does_not_keep_the_others_from_starting():
    with FakeServer() as one:
        assert with_fleet([an_address(), one], buy) == 8


def test_when_nobody_answers_at_first_that_is_told_at_once():
    clock = Clock()
    with pytest.raises(EngineDown, match="Nobody answers at"):
        with_fleet([an_address(), an_address()], buy, clock=clock)
    assert clock.slept_s == []
