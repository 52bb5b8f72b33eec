"""SCAN: soft labels near the first error, corrected by self-confidence."""

from __future__ import annotations

import pytest

from annotators.rules import Scan
from tests.annotators.rules.reading import reasons, values, verdicts

RULE = Scan(method="scan")
SC_08 = (8, 2, 0)


def of_10(*correct: int) -> list[tuple[int, int, int]]:
    return [(c, 10 - c, 0) for c in correct]


def test_the_worked_scores_1_09_03_0_with_self_confidence_08():
    steps = of_10(10, 9, 3, 0, 4, 0)
    assert values(RULE, SC_08, *steps) == [1, 1, 0.375, 0, None, None]
    assert verdicts(RULE, SC_08, *steps) == "CCCI??"


def test_03_over_06_is_a_half():
    rule = Scan(method="scan", min_confidence=0.6)
    assert values(rule, (6, 4, 0), *of_10(3, 0)) == [0.5, 0]


def test_steps_far_from_the_error_are_1_whatever_their_rate():
    assert values(RULE, SC_08, *of_10(1, 1, 1, 1, 0)) == [1, 1, 0.125, 0.125, 0]


def test_the_tolerance_says_how_far_is_far():
    exact, wide = Scan(method="scan", tolerance=0), Scan(method="scan", tolerance=9)
    assert values(exact, SC_08, *of_10(1, 1, 1, 0)) == [1, 1, 1, 0]
    assert values(wide, SC_08, *of_10(1, 1, 1, 0)) == [0.125, 0.125, 0.125, 0]


def test_an_accuracy_of_exactly_075_is_kept_and_less_is_not():
    assert verdicts(RULE, (96, 32, 0), (8, 0, 0), (0, 8, 0)) == "CI"
    assert verdicts(RULE, (95, 33, 0), (8, 0, 0), (0, 8, 0)) == "??"
    assert reasons(RULE, (95, 33, 0), (8, 0, 0), (0, 8, 0)) == ["rarely_solved"] * 2


def test_self_confidence_is_over_graded_draws():
    """The authors' code divides by all, those without an answer too: here 6/10, below 0.75."""
    assert values(RULE, (6, 2, 2), *of_10(3, 0)) == pytest.approx([0.4, 0])


def test_steps_after_the_first_zero_are_dropped_for_that_reason():
    assert reasons(RULE, SC_08, *of_10(0, 5), (0, 0, 0)) == [None, *["after_first_error"] * 2]


def test_without_a_zero_every_measured_step_is_1():
    assert values(RULE, SC_08, *of_10(3, 1), (1, 0, 0)) == [1, 1, 1]


def test_a_single_wrong_step_is_0():
    assert values(RULE, SC_08, (0, 1, 0)) == [0]


def test_zero_successes_among_unknown_draws_are_no_zero():
    assert verdicts(RULE, SC_08, (8, 0, 0), (0, 5, 3), (4, 4, 0), (0, 8, 0)) == "C?CI"


def test_a_success_among_unknown_draws_counts_far_from_the_error_only():
    assert verdicts(RULE, SC_08, (1, 0, 7), (8, 0, 0), (1, 0, 7), (0, 8, 0)) == "CC?I"


@pytest.mark.parametrize("change", [{"min_confidence": 0}, {"tolerance": -1}])
def test_settings_out_of_range_are_refused(change):
    with pytest.raises(ValueError, match=f"{next(iter(change))} must be"):
        Scan(method="scan", **change)
