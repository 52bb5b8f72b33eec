"""StepWiser's three signals on the same counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.probes import Exhaustive
from annotators.rules import StepWiser
from tests.annotators.rules.reading import reasons, values, verdicts
from tests.fakes.factories import a_monte_carlo

ABSOLUTE = StepWiser(method="stepwiser", signal="absolute")
RATIO = StepWiser(method="stepwiser", signal="ratio")
EFFECTIVE = StepWiser(method="stepwiser")
ALL = (16, 0, 0)


def of_16(*correct: int) -> list[tuple[int, int, int]]:
    return [(c, 16 - c, 0) for c in correct]


def test_the_three_signals_differ():
    steps = of_16(16, 10, 2, 1, 0)
    assert verdicts(ABSOLUTE, ALL, *steps) == "CCCCI"
    assert verdicts(RATIO, ALL, *steps) == "CIIII"
    assert verdicts(EFFECTIVE, ALL, *steps) == "CCIII"


def test_a_ratio_of_exactly_08_is_incorrect():
    assert verdicts(RATIO, (5, 5, 0), (4, 6, 0)) == "I"
    assert verdicts(RATIO, (50, 50, 0), (41, 59, 0)) == "C"


@given(st.integers(1, 500), st.integers(1, 500))
def test_exactly_08_is_incorrect_at_any_number_of_draws(fives, others):
    total = 5 * fives + others
    root, step = (5 * fives, others, 0), (4 * fives, total - 4 * fives, 0)
    assert verdicts(RATIO, root, step) == "I"


def test_a_ratio_of_exactly_another_gamma_is_incorrect_too():
    """As floats 0.58 · 3200 is below 1856."""
    rule = StepWiser(method="stepwiser", signal="ratio", gamma=0.58)
    assert verdicts(rule, (50, 14, 0), (29, 35, 0)) == "I"


def test_a_success_after_none_is_progress_and_none_after_none_is_not():
    assert verdicts(RATIO, (0, 16, 0), *of_16(1, 0, 0)) == "CII"


def test_an_effective_reward_of_exactly_0_is_incorrect():
    """Q = 0 after Q = 0: 0 + α·0."""
    assert verdicts(EFFECTIVE, (0, 16, 0), *of_16(0)) == "I"


def test_a_negative_effective_reward_is_incorrect_although_some_draw_succeeded():
    """From 1/2 to 1/8: 0.125 + 0.5 (0.4138 − 0.9375) = −0.137."""
    assert verdicts(EFFECTIVE, (8, 8, 0), *of_16(2)) == "I"


def test_the_value_is_the_success_rate_whatever_the_signal():
    for rule in (ABSOLUTE, RATIO, EFFECTIVE):
        assert values(rule, ALL, *of_16(16, 8, 2)) == [1, 0.5, 0.125]


def test_only_the_absolute_signal_does_without_the_prefix_before():
    steps = [(16, 0, 0), (0, 0, 16), (16, 0, 0)]
    assert verdicts(ABSOLUTE, (0, 0, 0), *steps) == "C?C"
    assert verdicts(RATIO, ALL, *steps) == "C??"
    assert reasons(EFFECTIVE, ALL, *steps) == [None, None, "before_not_measured"]
    a_monte_carlo(Exhaustive(method="exhaustive"), ABSOLUTE)


@pytest.mark.parametrize("change", [{"gamma": 0}, {"alpha": -0.1}, {"best_of": 0}])
def test_settings_out_of_range_are_refused(change):
    with pytest.raises(ValueError, match=f"{next(iter(change))} must be"):
        StepWiser(method="stepwiser", **change)
