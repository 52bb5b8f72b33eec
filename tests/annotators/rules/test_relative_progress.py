"""Relative progress: GenPRM's ratio of success rates, and its difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.rules import RelativeProgress
from tests.annotators.rules.reading import reasons, values, verdicts

RATIO = RelativeProgress(method="relative_progress")
DIFFERENCE = RelativeProgress(method="relative_progress", form="difference")
ALL = (20, 0, 0)


def of_20(*correct: int) -> list[tuple[int, int, int]]:
    return [(c, 20 - c, 0) for c in correct]


def test_from_a_half_to_035_is_07_of_it_and_incorrect():
    assert verdicts(RATIO, (10, 10, 0), *of_20(7)) == "I"


def test_a_ratio_of_exactly_08_is_correct():
    assert verdicts(RATIO, (10, 10, 0), *of_20(8, 7)) == "CC"


@given(st.integers(1, 500), st.integers(1, 500), st.integers(1, 60))
def test_exactly_08_is_correct_at_any_number_of_draws(fives, draws, more):
    """Rates 4k/n·m and 5k/n·m: the quotient of the rounded rates may miss 0.8."""
    before, after = 5 * fives, 4 * fives
    total = before + draws
    root = (before * more, (total - before) * more, 0)
    assert verdicts(RATIO, root, (after, total - after, 0)) == "C"


def test_a_ratio_of_exactly_another_threshold_is_correct_too():
    """As floats 0.28 · 800 is above 224."""
    rule = RelativeProgress(method="relative_progress", threshold=0.28)
    assert verdicts(rule, (25, 7, 0), (7, 25, 0)) == "C"


def test_the_first_step_is_compared_with_the_bare_problem():
    assert verdicts(RATIO, ALL, *of_20(15, 15)) == "IC"


def test_a_step_is_compared_with_the_one_before_it_whatever_that_was_called():
    assert verdicts(RATIO, ALL, *of_20(10, 9, 20)) == "ICC"


def test_after_the_first_zero_every_step_is_incorrect_with_value_0():
    assert verdicts(RATIO, ALL, *of_20(20, 0, 12, 12)) == "CIII"
    assert values(RATIO, ALL, *of_20(20, 0, 12, 12)) == [1, 0, 0, 0]


def test_the_value_is_the_success_rate():
    assert values(RATIO, ALL, *of_20(20, 15, 9)) == [1, 0.75, 0.45]


def test_a_problem_that_the_bare_draws_never_solve_is_withheld():
    assert verdicts(RATIO, (0, 8, 0), (8, 0, 0), (0, 8, 0)) == "??"
    assert reasons(RATIO, (0, 8, 0), (8, 0, 0), (0, 8, 0)) == ["rarely_solved"] * 2


def test_a_step_after_one_without_believable_draws_is_withheld():
    steps = [(8, 0, 0), (4, 1, 3), (8, 0, 0), (8, 0, 0)]
    assert verdicts(RATIO, ALL, *steps) == "C??C"
    assert reasons(RATIO, ALL, *steps) == [None, None, "before_not_measured", None]


def test_after_a_zero_the_step_before_need_not_be_measured():
    assert verdicts(RATIO, ALL, (0, 8, 0), (0, 0, 8), (8, 0, 0)) == "I?I"


def test_a_loss_of_more_than_half_is_incorrect_by_difference():
    assert verdicts(DIFFERENCE, ALL, *of_20(20, 10, 8)) == "CCC"
    assert verdicts(DIFFERENCE, ALL, *of_20(20, 9)) == "CI"


def test_a_zero_is_incorrect_by_difference_too():
    assert verdicts(DIFFERENCE, (8, 12, 0), *of_20(0, 0)) == "II"


def test_other_thresholds_are_taken():
    strict = RelativeProgress(method="relative_progress", threshold=1.0)
    assert verdicts(strict, ALL, *of_20(19)) == "I"
    gain = RelativeProgress(method="relative_progress", form="difference", threshold=0.1)
    assert verdicts(gain, (10, 10, 0), *of_20(11, 13)) == "IC"


@pytest.mark.parametrize(
    ("form", "threshold"), [("ratio", 0.0), ("difference", -1.5), ("ratio", 2)]
)
def test_thresholds_out_of_range_are_refused(form, threshold):
    with pytest.raises(ValueError, match="threshold"):
        RelativeProgress(method="relative_progress", form=form, threshold=threshold)
