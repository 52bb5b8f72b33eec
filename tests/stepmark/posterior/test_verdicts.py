"""Verdicts as evidence."""

from __future__ import annotations

import numpy as np
import pytest

from stepmark.posterior import Confusion, evidence_of

RATES = Confusion(before=0.1, at=0.7, after=0.4)


def test_the_likelihood_of_each_first_error_is_the_product_over_steps():
    """Three steps judged correct, incorrect, correct."""
    expected = [0.3 * 0.4 * 0.6, 0.9 * 0.7 * 0.6, 0.9 * 0.1 * 0.3, 0.9 * 0.1 * 0.9]
    evidence = evidence_of(["correct", "incorrect", "correct"], RATES)
    assert np.exp(evidence) == pytest.approx(expected)


def test_verdicts_that_are_none_say_nothing():
    assert evidence_of(["unlabelled", "neutral"], RATES) == pytest.approx([0, 0, 0])


@pytest.mark.parametrize("name", ["before", "at", "after"])
@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_rates_of_certainty_are_refused(name, rate):
    rates = {"before": 0.1, "at": 0.7, "after": 0.4} | {name: rate}
    with pytest.raises(ValueError, match=f"{name} must be between 0 and 1, not {rate}"):
        Confusion(**rates)
