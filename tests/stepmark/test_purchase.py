"""The buyer: each draw is bought once, whoever asks and whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepmark.engines.protocol import Completion, Sampling
from stepmark.errors import BudgetReached
from stepmark.ledger import Entry, Ledger
from stepmark.purchase import Meter, Purchase
from tests.fakes.factories import FakeEngine, a_completion, a_request, run
from tests.stepmark.shop import a_purchase, a_shop, turns


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
