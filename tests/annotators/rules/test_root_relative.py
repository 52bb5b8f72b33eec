"""Root-relative: UnPRM's threshold is the bare problem's own success rate."""

from __future__ import annotations

import pytest

from annotators.rules import RootRelative
from tests.annotators.rules.reading import reasons, values, verdicts

RULE = RootRelative(method="root_relative")
HALF = (36, 36, 0)


def test_a_rate_below_the_bare_problems_fails_although_some_draw_succeeded():
    assert verdicts(RULE, HALF, (9, 7, 0), (7, 9, 0)) == "CI"


def test_the_same_rate_is_no_failure():
    assert verdicts(RULE, HALF, (8, 8, 0), (1, 1, 0)) == "CC"


def test_equal_rates_are_equal_whatever_the_number_of_draws():
    assert verdicts(RULE, (24, 48, 0), (5, 10, 0), (7, 14, 0)) == "CC"


def test_everything_after_the_first_failure_is_incorrect():
    assert verdicts(RULE, HALF, (16, 0, 0), (0, 16, 0), (16, 0, 0)) == "CII"


def test_the_value_is_the_success_rate():
    assert values(RULE, HALF, (12, 4, 0), (4, 12, 0), (16, 0, 0)) == [0.75, 0.25, 1]


def test_ten_right_draws_of_the_bare_problem_are_too_few_and_eleven_are_enough():
    assert verdicts(RULE, (10, 62, 0), (8, 8, 0)) == "?"
    assert reasons(RULE, (10, 62, 0), (8, 8, 0)) == ["rarely_solved"]
    assert verdicts(RULE, (11, 61, 0), (8, 8, 0)) == "C"


def test_steps_after_a_failure_need_draws_of_their_own():
    assert verdicts(RULE, HALF, (0, 16, 0), (0, 0, 0), (4, 4, 8), (16, 0, 0)) == "I??I"


def test_no_right_draw_asked_of_the_bare_problem_is_refused():
    with pytest.raises(ValueError, match="min_root_correct must be at least 1, not 0"):
        RootRelative(method="root_relative", min_root_correct=0)
