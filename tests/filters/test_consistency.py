"""PROF: which solutions of a problem stay, and how many."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from filters.consistency import Consistency, quotas, scores
from filters.rows import steps_of
from tests.fakes.filterable import table, why
from tests.fakes.labelled import a_row

FILTER = Consistency(method="consistency")


def rows_of(*solutions: tuple[str, float], problem: str = "pb_1"):
    return [
        a_row("CC", id=f"so_{n:032x}", problem_id=problem, outcome=outcome, values=(value, value))
        for n, (outcome, value) in enumerate(solutions)
    ]


def test_of_right_answers_the_poorest_go_and_of_wrong_ones_the_best():
    rows = rows_of(("correct", 0.9), ("correct", 0.4), ("incorrect", 0.1), ("incorrect", 0.8))
    expected = [None, "right_answer_poor_steps", None, "wrong_answer_good_steps"]
    assert why(FILTER, table(*rows)) == expected


def test_problems_do_not_compete():
    one, other = (
        rows_of(("correct", 0.9), ("correct", 0.8)),
        rows_of(("correct", 0.2), ("correct", 0.1), problem="pb_2"),
    )
    assert why(FILTER, table(*one, *other)) == [None, "right_answer_poor_steps"] * 2


def test_ties_go_by_the_order_of_rows():
    rows = rows_of(*[("correct", 0.5)] * 4)
    assert why(FILTER, table(*rows)) == [None] * 2 + ["right_answer_poor_steps"] * 2


def test_wrong_ones_may_be_drawn_whatever_their_values():
    values = [0.1, 0.2, 0.3, 0.4]
    drawn = Consistency(method="consistency", ranked="correct")
    reasons = [
        why(drawn, table(*rows_of(*(("incorrect", value) for value in order))))
        for order in (values, values[::-1])
    ]
    assert reasons[0] == reasons[1]
    assert reasons[0].count(None) == 2


def test_an_unknown_outcome_is_on_no_side():
    assert why(FILTER, table(*rows_of(("unknown", 0.9)))) == ["unknown_outcome"]


def test_without_values_verdicts_are_the_score():
    steps = steps_of(table(a_row("CI?N"), a_row("CC", values=(0.5, None)), a_row("??")))
    assert scores(steps).tolist() == [pytest.approx(2 / 3), 0.5, 0.0]


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0.01, 1))
@example(50, 50, 0.07)
def test_as_many_stay_as_stated_and_the_sides_are_as_equal_as_they_can_be(right, wrong, keep):
    of_right, of_wrong = (int(x[0]) for x in quotas(np.array([right]), np.array([wrong]), keep))
    assert of_right + of_wrong == math.ceil(Fraction(str(keep)) * (right + wrong))
    assert 0 <= of_right <= right
    assert 0 <= of_wrong <= wrong
    if abs(of_right - of_wrong) > 1:
        short = min((right, of_right), (wrong, of_wrong), key=lambda side: side[1])
        assert short[0] == short[1]
