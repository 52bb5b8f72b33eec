"""Verdicts as evidence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.labels import VERDICTS
from stepmark.posterior import Confusion, evidence_of, evidence_of_many, fit_confusion
from stepmark.records import Verdict

RATES = Confusion(before=0.1, at=0.7, after=0.4)
LETTERS: dict[str, Verdict] = {
    "C": "correct",
    "I": "incorrect",
    "?": "unlabelled",
    "N": "neutral",
}


def said(letters: str) -> tuple[Verdict, ...]:
    return tuple(LETTERS[letter] for letter in letters)


def test_the_likelihood_of_each_first_error_is_the_product_over_the_steps_heard():
    """What follows the first incorrect step is not heard."""
    expected = [0.3 * 0.4, 0.9 * 0.7, 0.9 * 0.1, 0.9 * 0.1]
    assert np.exp(evidence_of(said("CIC"), RATES)) == pytest.approx(expected)


def test_who_passes_over_an_error_is_heard_at_every_later_step():
    expected = [0.3 * 0.6 * 0.6, 0.9 * 0.3 * 0.6, 0.9 * 0.9 * 0.3, 0.9**3]
    assert np.exp(evidence_of(said("CCC"), RATES)) == pytest.approx(expected)


def test_verdicts_that_are_none_say_nothing():
    assert evidence_of(said("?N"), RATES) == pytest.approx([0, 0, 0])


@given(st.lists(st.text(alphabet="CI?N", max_size=6), max_size=8))
def test_many_solutions_are_heard_as_one_by_one(solutions):
    codes = [[VERDICTS.index(v) for v in said(letters)] for letters in solutions]
    flat = np.array([code for its in codes for code in its], dtype=np.int8)
    offsets = np.cumsum([0, *map(len, solutions)])
    one_by_one = [evidence_of(said(letters), RATES) for letters in solutions]
    together = evidence_of_many(flat, offsets, RATES)
    assert together == pytest.approx(np.concatenate([*one_by_one, np.empty(0)]))


def test_rates_are_those_of_the_walk_to_the_first_step_called_incorrect():
    read = [(said("CCI"), 2), (said("CIC"), 1), (said("CCC"), 1), (said("ICC"), None)]
    rates = fit_confusion(read)
    assert rates.before == pytest.approx((1 + 0.5) / (5 + 1))
    assert rates.at == pytest.approx((2 + 0.5) / (3 + 1))
    assert rates.after == pytest.approx(0.5 / (1 + 1))


def test_rates_are_found_again_from_verdicts_that_follow_them():
    rng = np.random.default_rng(0)

    def verdicts(error: int) -> tuple[Verdict, ...]:
        rates = [RATES.before if t < error else RATES.after for t in range(8)]
        rates[error] = RATES.at
        return said("".join("I" if rng.random() < rate else "C" for rate in rates))

    truths = rng.integers(0, 8, 4000).tolist()
    found = fit_confusion([(verdicts(error), error) for error in truths])
    for name in ("before", "at", "after"):
        assert getattr(found, name) == pytest.approx(getattr(RATES, name), abs=0.03)


def test_nothing_seen_is_nothing_known():
    assert fit_confusion([]) == Confusion(before=0.5, at=0.5, after=0.5)


@pytest.mark.parametrize("name", ["before", "at", "after"])
@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_rates_of_certainty_are_refused(name, rate):
    rates = {"before": 0.1, "at": 0.7, "after": 0.4} | {name: rate}
    with pytest.raises(ValueError, match=f"{name} must be between 0 and 1, not {rate}"):
        Confusion(**rates)
