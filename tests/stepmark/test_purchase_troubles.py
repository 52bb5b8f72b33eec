"""The buyer when something goes wrong: who waits is told, what was paid is kept."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest

from stepmark.engines.protocol import Completion, Request
from stepmark.errors import (
    ContextOverflow,
    EngineDown,
    EngineError,
    Interrupted,
    StorageError,
)
from stepmark.ledger import Ledger
from stepmark.purchase import ATTEMPTS
from tests.fakes.factories import FakeEngine, a_completion, a_request, run
from tests.stepmark.shop import a_purchase, a_shop, turns


def test_a_failed_buyer_tells_those_who_wait(tmp_path):
    async def main() -> None:
        gate = asyncio.Event()
        engine = FakeEngine(gate=gate, fails=lambda call: ContextOverflow("too long"))
        async with a_shop(tmp_path, engine) as purchase:
            askers = [asyncio.create_task(purchase.generate(a_request(range(2)))) for _ in "abc"]
            await turns()
            gate.set()
            told = await asyncio.gather(*askers, return_exceptions=True)
            assert [type(error) for error in told] == [ContextOverflow] * 3
            assert purchase._meter.failed == 2
        assert len(engine.asked) == 1

    run(main())


def test_an_order_under_way_is_finished_whoever_is_cancelled(tmp_path):
    """Else a build that somebody else stopped would find its way into our labels."""

    async def main() -> None:
        gate = asyncio.Event()
        engine = FakeEngine(gate=gate)
        async with a_shop(tmp_path, engine) as purchase:
            buyer, *waiters = (
                asyncio.create_task(purchase.generate(a_request(range(2)))) for _ in "abc"
            )
            await turns()
            buyer.cancel()
            await turns()
            gate.set()
            one, two = await asyncio.gather(*waiters)
            assert one == two
            assert len(one) == 2
            assert buyer.cancelled()
        assert engine.draws == [(0, 1)]

    run(main())


def test_a_cancelled_waiter_does_not_disturb_the_buyer(tmp_path):
    async def main() -> None:
        gate = asyncio.Event()
        async with a_shop(tmp_path, FakeEngine(gate=gate)) as purchase:
            buyer, waiter = (
                asyncio.create_task(purchase.generate(a_request(range(2)))) for _ in "ab"
            )
            await turns()
            waiter.cancel()
            await turns()
            gate.set()
            assert len(await buyer) == 2
            assert waiter.cancelled()

    run(main())


def test_an_order_is_kept_though_all_who_asked_for_it_are_cancelled(tmp_path):
    async def main() -> None:
        gate = asyncio.Event()
        engine = FakeEngine(gate=gate)
        async with a_shop(tmp_path, engine) as purchase:
            askers = [asyncio.create_task(purchase.generate(a_request(range(2)))) for _ in "abc"]
            await turns()
            for asker in askers:
                asker.cancel()
            await asyncio.gather(*askers, return_exceptions=True)
            assert all(asker.cancelled() for asker in askers)
            assert purchase.under_way == 1
            gate.set()
            await purchase.settled()
            assert len(await purchase.generate(a_request(range(2)))) == 2
        assert engine.draws == [(0, 1)]

    run(main())


def test_a_cancelled_order_leaves_nothing_behind(tmp_path):
    async def main() -> None:
        async with a_shop(tmp_path, FakeEngine(gate=asyncio.Event())) as purchase:
            asker = asyncio.create_task(purchase.generate(a_request()))
            await turns()
            for order in purchase._buying.values():
                order.cancel()
            await turns()
            assert asker.cancelled()

    run(main())


def test_when_nothing_more_may_be_ordered_only_what_is_kept_is_found(tmp_path):
    engine = FakeEngine()

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            await purchase.generate(a_request((0,)))
            purchase._meter.refusal = "enough"
            assert len(await purchase.generate(a_request((0,)))) == 1
            with pytest.raises(Interrupted, match="enough"):
                await purchase.generate(a_request((1,)))

    run(main())
    assert engine.draws == [(0,)]


def test_what_the_server_leaves_out_is_asked_for_again(tmp_path):
    engine = FakeEngine(leaves_out=lambda call, draw: draw > call)

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            assert len(await purchase.generate(a_request(range(3)))) == 3
            assert purchase._meter.failed == 0

    run(main())
    assert engine.draws == [(0, 1, 2), (1, 2), (2,)]


def test_draws_that_never_come_stay_unfilled_after_a_bounded_number_of_orders(tmp_path):
    engine = FakeEngine(leaves_out=lambda call, draw: draw == 1)

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            assert [c.draw for c in await purchase.generate(a_request(range(3)))] == [0, 2]
            assert (
                purchase._ledger.find(a_request().problem_id, purchase.address(a_request()), [1])
                == {}
            )
            assert purchase._meter.failed == 1

    run(main())
    assert engine.draws == [(0, 1, 2), *[(1,)] * (ATTEMPTS - 1)]


def test_an_unfilled_draw_is_bought_by_the_next_who_asks(tmp_path):
    engine = FakeEngine(leaves_out=lambda call, draw: call < ATTEMPTS and draw == 1)

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            assert len(await purchase.generate(a_request(range(2)))) == 1
            assert len(await purchase.generate(a_request(range(2)))) == 2

    run(main())


def test_a_draw_that_could_not_be_had_is_noted_with_the_reason_until_it_is_bought(tmp_path):
    engine = FakeEngine(fails=lambda call: None if call else EngineError("no", reason="http_400"))

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            order = a_request(range(2))
            kept = purchase._ledger, order.problem_id, purchase.address(order)
            with pytest.raises(EngineError):
                await purchase.generate(order)
            assert Ledger.refusals(*kept, [0, 1]) == {0: "http_400", 1: "http_400"}
            await purchase.generate(order)
            assert Ledger.refusals(*kept, [0, 1]) == {}
            assert set(Ledger.find(*kept, [0, 1])) == {0, 1}

    run(main())


def test_a_note_of_a_refusal_never_replaces_what_was_bought(tmp_path):
    """Another process may buy a draw while this one is refused it: it is handed out."""
    order = a_request(range(1))

    async def main() -> None:
        with closing(Ledger(tmp_path)) as ledger:
            other = a_purchase(FakeEngine(), ledger)

            class Sold(FakeEngine):
                async def generate(self, request: Request) -> tuple[Completion, ...]:
                    if not ledger.find(order.problem_id, other.address(order), [0]):
                        await other.generate(order)
                    return ()

            assert [c.draw for c in await a_purchase(Sold(), ledger).generate(order)] == [0]

    run(main())


def test_those_who_wait_for_an_unfilled_draw_go_without_it_too(tmp_path):
    async def main() -> None:
        gate = asyncio.Event()
        engine = FakeEngine(gate=gate, leaves_out=lambda call, draw: draw == 1)
        async with a_shop(tmp_path, engine) as purchase:
            askers = [asyncio.create_task(purchase.generate(a_request(range(2)))) for _ in "ab"]
            await turns()
            gate.set()
            assert [[c.draw for c in r] for r in await asyncio.gather(*askers)] == [[0], [0]]

    run(main())


def test_an_error_does_not_hide_what_came_before_it(tmp_path):
    """A rerun would find those draws in the ledger, so this run must see them too."""
    engine = FakeEngine(
        leaves_out=lambda call, draw: draw == 2,
        fails=lambda call: EngineError("slow", reason="timeout") if call else None,
    )

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            assert [c.draw for c in await purchase.generate(a_request(range(3)))] == [0, 1]

    run(main())


def test_an_error_does_not_hide_what_was_paid_earlier(tmp_path):
    engine = FakeEngine(fails=lambda call: EngineError("slow", reason="timeout") if call else None)

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            await purchase.generate(a_request(range(4)))
            assert len(await purchase.generate(a_request(range(8)))) == 4
            with pytest.raises(EngineError, match="slow"):
                await purchase.generate(a_request(range(4, 8)))

    run(main())


def test_a_server_that_is_down_ends_everything_whatever_was_found(tmp_path):
    engine = FakeEngine(fails=lambda call: EngineDown("nobody there") if call else None)

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            await purchase.generate(a_request(range(4)))
            with pytest.raises(EngineDown):
                await purchase.generate(a_request(range(8)))

    run(main())


def test_a_ledger_that_cannot_write_stops_buyer_and_waiters(tmp_path):
    async def main() -> None:
        gate = asyncio.Event()
        engine = FakeEngine(gate=gate, writes=lambda _, draw: a_completion(prompt_tokens=1 << 70))
        async with a_shop(tmp_path, engine) as purchase:
            askers = [asyncio.create_task(purchase.generate(a_request())) for _ in "ab"]
            await turns()
            gate.set()
            told = await asyncio.gather(*askers, return_exceptions=True)
            assert [type(error) for error in told] == [StorageError] * 2

    run(main())


def test_a_draw_that_can_never_be_had_is_kept_and_counted(tmp_path):
    def writes(_: object, draw: int) -> Completion:
        return a_completion(text="", finish_reason="failed", reason="context_overflow")

    engine = FakeEngine(writes=writes)

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            for _ in range(2):
                (completion,) = await purchase.generate(a_request())
                assert completion.reason == "context_overflow"
            assert purchase._meter.failed == 1

    run(main())
    assert len(engine.asked) == 1
