"""The buyer: each draw is bought once, whoever asks and whatever goes wrong."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepmark.engines.protocol import Completion, Request, Sampling
from stepmark.errors import (
    BudgetReached,
    ContextOverflow,
    EngineDown,
    EngineError,
    Interrupted,
    StorageError,
)
from stepmark.ledger import Entry, Ledger
from stepmark.purchase import ATTEMPTS, Meter, Purchase
from tests.fakes.factories import FakeEngine, a_completion, a_request, run


def a_purchase(engine: FakeEngine, ledger: Ledger, **meter: Any) -> Purchase:
    return Purchase(engine, ledger, "po_fake", Meter(**meter))


@asynccontextmanager
async def a_shop(folder: Path, engine: FakeEngine, **meter: Any) -> AsyncIterator[Purchase]:
    """Open a purchase; at the end nothing may be left in the books and no task complain."""
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    with closing(Ledger(folder)) as ledger:
        purchase = a_purchase(engine, ledger, **meter)
        yield purchase
        assert purchase._buying == {}
    gc.collect()
    assert complaints == []


async def turns(count: int = 5) -> None:
    """Let every task that can go on do so."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_draws_are_bought_once_and_then_found(tmp_path):
    engine = FakeEngine()

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            bought = await purchase.generate(a_request(range(4)))
            found = await purchase.generate(a_request(range(4)))
            assert bought == found
            assert [c.draw for c in bought] == [0, 1, 2, 3]
            assert (purchase._meter.bought, purchase._meter.reused) == (4, 4)

    run(main())
    assert engine.draws == [(0, 1, 2, 3)]


def test_asking_for_8_after_4_buys_4(tmp_path):
    engine = FakeEngine()

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            await purchase.generate(a_request(range(4)))
            assert len(await purchase.generate(a_request(range(8)))) == 8

    run(main())
    assert engine.draws == [(0, 1, 2, 3), (4, 5, 6, 7)]


def test_a_later_process_finds_what_an_earlier_one_bought(tmp_path):
    first, second = FakeEngine(), FakeEngine()

    async def main() -> None:
        async with a_shop(tmp_path, first) as purchase:
            bought = await purchase.generate(a_request(range(3)))
        async with a_shop(tmp_path, second) as purchase:
            assert await purchase.generate(a_request(range(3))) == bought

    run(main())
    assert second.asked == []


def test_the_engine_is_told_the_address_that_draws_are_kept_under(tmp_path):
    engine = FakeEngine()

    async def main() -> None:
        async with a_shop(tmp_path, engine) as purchase:
            await purchase.generate(a_request())
            assert engine.asked[0].address == purchase.address(a_request())

    run(main())


def test_an_address_says_who_was_asked_what_and_how_but_not_for_whom(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        here = a_purchase(FakeEngine(), ledger)
        other = Purchase(FakeEngine(), ledger, "po_other", Meter())
        request = a_request()
        warm = replace(request, sampling=Sampling(temperature=0.5))
        further = replace(request, prompt=replace(request.prompt, prefix="Step 1."))
        held = replace(request, schema='{"type": "object"}')
        addresses = [here.address(r) for r in (request, warm, further, held)]
        assert len({*addresses, other.address(request)}) == 5
        same = replace(request, problem_id="pb_0", draws=(5,), address="rq_0")
        assert here.address(same) == here.address(request)


def test_two_who_ask_at_once_buy_once(tmp_path):
    async def main() -> None:
        gate = asyncio.Event()
        engine = FakeEngine(gate=gate)
        async with a_shop(tmp_path, engine) as purchase:
            askers = [asyncio.create_task(purchase.generate(a_request(range(4)))) for _ in "ab"]
            await turns()
            gate.set()
            one, two = await asyncio.gather(*askers)
            assert one == two
            assert len(one) == 4
        assert engine.draws == [(0, 1, 2, 3)]

    run(main())


def test_overlapping_orders_each_buy_what_nobody_is_buying(tmp_path):
    async def main() -> None:
        gate = asyncio.Event()
        engine = FakeEngine(gate=gate)
        async with a_shop(tmp_path, engine) as purchase:
            askers = [
                asyncio.create_task(purchase.generate(a_request(draws)))
                for draws in (range(4), range(2, 6), range(1, 7))
            ]
            await turns()
            gate.set()
            results = await asyncio.gather(*askers)
            assert [[c.draw for c in r] for r in results] == [
                [0, 1, 2, 3],
                [2, 3, 4, 5],
                [1, 2, 3, 4, 5, 6],
            ]
        assert engine.draws == [(0, 1, 2, 3), (4, 5), (6,)]

    run(main())


def test_what_two_problems_with_one_statement_buy_at_once_is_kept_for_both(tmp_path):
    """Each is found in its own partition: a replay of the second would else miss its draws."""
    problems = [f"pb_{first}{'0' * 31}" for first in "0f"]

    async def main() -> None:
        gate = asyncio.Event()
        async with a_shop(tmp_path, FakeEngine(gate=gate)) as purchase:
            requests = [replace(a_request(range(2)), problem_id=problem) for problem in problems]
            askers = [asyncio.create_task(purchase.generate(request)) for request in requests]
            await turns()
            gate.set()
            await asyncio.gather(*askers)
            address = purchase.address(requests[0])
            assert address == purchase.address(requests[1])
            assert all(purchase.kept(problem, address, 1) for problem in problems)

    run(main())


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


def test_draws_that_another_process_wrote_first_are_the_ones_returned(tmp_path):
    class Overtaken(FakeEngine):
        async def generate(self, request):
            delivered = await super().generate(request)
            theirs = (a_completion(0, "theirs"),)
            await ledger.keep(Entry(request.problem_id, request.address, {}, theirs))
            return delivered

    async def main() -> None:
        (completion,) = await a_purchase(Overtaken(), ledger).generate(a_request())
        assert completion.text == "theirs"

    with closing(Ledger(tmp_path)) as ledger:
        run(main())


def test_nothing_is_ordered_once_the_budget_is_spent(tmp_path):
    engine = FakeEngine(writes=lambda _, draw: a_completion(completion_tokens=10))

    async def main() -> None:
        async with a_shop(tmp_path, engine, budget_tokens=20) as purchase:
            await purchase.generate(a_request((0,)))
            await purchase.generate(a_request((1,)))
            with pytest.raises(BudgetReached, match=r"budget of 20 tokens is spent \(20 bought"):
                await purchase.generate(a_request((2,)))
            assert len(await purchase.generate(a_request((0, 1)))) == 2

    run(main())
    assert len(engine.asked) == 2


def test_the_meter_counts_prompts_once_a_request(tmp_path):
    def writes(_: object, draw: int) -> Completion:
        return a_completion(prompt_tokens=100, completion_tokens=10 + draw)

    async def main() -> None:
        async with a_shop(tmp_path, FakeEngine(writes=writes)) as purchase:
            await purchase.generate(a_request(range(3)))
            meter = purchase._meter
            assert (meter.requests, meter.prompt_tokens, meter.completion_tokens) == (1, 100, 33)

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


@given(orders=st.lists(st.sets(st.integers(0, 6), min_size=1), min_size=1, max_size=6))
@settings(max_examples=25)
def test_however_orders_overlap_each_draw_is_bought_once(orders, tmp_path_factory):
    async def main() -> None:
        gate = asyncio.Event()
        engine = FakeEngine(gate=gate)
        async with a_shop(tmp_path_factory.mktemp("ledger"), engine) as purchase:
            askers = [_ask(purchase, sorted(order)) for order in orders]
            await turns()
            gate.set()
            results = await asyncio.gather(*askers)
        assert [{c.draw for c in result} for result in results] == orders
        bought = [draw for draws in engine.draws for draw in draws]
        assert sorted(bought) == sorted(set().union(*orders))

    run(main())


def _ask(purchase: Purchase, draws: Sequence[int]) -> asyncio.Task[tuple[Completion, ...]]:
    return asyncio.create_task(purchase.generate(a_request(draws)))
