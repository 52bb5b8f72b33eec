"""Flat arrays cut by offsets, against the same said with loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stepmark import ragged

flags = st.lists(st.lists(st.booleans(), max_size=4), max_size=5)
"""A truth value a step, for several solutions."""


def laid_out(solutions: list[list[bool]]) -> tuple[np.ndarray, np.ndarray]:
    holds = np.array([flag for steps in solutions for flag in steps], dtype=bool)
    return holds, np.cumsum([0, *map(len, solutions)], dtype=np.int64)


@given(flags)
def test_every_step_knows_its_solution_and_its_place_in_it(solutions):
    _, offsets = laid_out(solutions)
    places = [(s, i) for s, steps in enumerate(solutions) for i, _ in enumerate(steps)]
    assert list(zip(ragged.owners(offsets), ragged.indices(offsets), strict=True)) == places
    assert ragged.lengths(offsets).tolist() == [len(steps) for steps in solutions]


@given(flags)
def test_the_first_step_that_holds_or_else_the_number_of_steps(solutions):
    expected = [steps.index(True) if True in steps else len(steps) for steps in solutions]
    assert ragged.first(*laid_out(solutions)).tolist() == expected


@given(flags)
def test_the_last_step_that_holds_or_else_minus_one(solutions):
    expected = [max((i for i, held in enumerate(steps) if held), default=-1) for steps in solutions]
    assert ragged.last(*laid_out(solutions)).tolist() == expected
