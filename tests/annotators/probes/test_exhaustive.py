"""The exhaustive probe: the same draws from every prefix."""

from __future__ import annotations

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.probes import Exhaustive
from stepmark.counts import Tally
from stepmark.errors import EngineDown
from tests.fakes.factories import FakeSource, a_solution, run


@given(st.integers(1, 20), st.integers(1, 16))
def test_every_prefix_that_has_a_step_is_asked_for_the_same_draws(steps, draws):
    source = FakeSource(chances=[0.5] * (steps + 1))
    run(Exhaustive(method="exhaustive", draws=draws).probe(a_solution(steps), source))
    assert sorted(source.asked) == [(position, draws) for position in range(1, steps + 1)]


def test_the_bare_problem_is_asked_only_where_the_recipe_says_so():
    source = FakeSource(chances=[0.5] * 3)
    run(Exhaustive(method="exhaustive", root=5).probe(a_solution(2), source))
    assert sorted(source.asked) == [(0, 5), (1, 8), (2, 8)]


BINS = Exhaustive(method="exhaustive", draws=(2, 4, 8))


@pytest.mark.parametrize(("level", "draws"), [(0, 2), (1, 4), (2, 8), (None, 8)])
def test_harder_problems_get_the_draws_of_their_bin_and_unknown_ones_the_most(level, draws):
    source = FakeSource(chances=[0.5] * 3)
    run(BINS.probe(a_solution(2, difficulty=level), source))
    assert sorted(source.asked) == [(1, draws), (2, draws)]


def test_one_number_serves_every_difficulty():
    assert Exhaustive(method="exhaustive", draws=(5,)).draws_of(a_solution(2, difficulty=3)) == 5


def test_negative_root_draws_are_refused():
    with pytest.raises(ValueError, match="root must be 0 or more, not -1"):
        Exhaustive(method="exhaustive", root=-1)


def test_the_default_is_math_shepherds_and_qwens_8():
    assert Exhaustive(method="exhaustive").draws == 8


@pytest.mark.parametrize("draws", [0, (8, 0), ()])
def test_draws_below_one_are_refused(draws):
    with pytest.raises(ValueError, match=f"draws must be at least 1, not {re.escape(str(draws))}"):
        Exhaustive(method="exhaustive", draws=draws)


def test_all_prefixes_are_asked_at_once():
    class Meeting(FakeSource):
        """Lets nobody go on before all have arrived."""

        async def tally(self, position: int, draws: int) -> Tally:
            self.asked.append((position, draws))
            if len(self.asked) == 5:
                arrived.set()
            await arrived.wait()
            return Tally()

    arrived = asyncio.Event()
    run(Exhaustive(method="exhaustive").probe(a_solution(5), Meeting()))


def test_the_first_error_ends_the_other_prefixes_too():
    cancelled = []

    class Down(FakeSource):
        async def tally(self, position: int, draws: int) -> Tally:
            if position == 3:
                raise EngineDown("nobody there")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(position)
                raise
            return Tally()

    with pytest.raises(EngineDown):
        run(Exhaustive(method="exhaustive").probe(a_solution(4), Down()))
    assert sorted(cancelled) == [1, 2, 4]
