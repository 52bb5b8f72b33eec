"""Other annotators' verdicts as evidence about the first error.

A judge or a verifier that labels steps is a noisy reading of the truth. Given how often it errs
(estimated on gold, or by Dawid–Skene), its verdicts multiply the posterior like draws do, so a
consensus of annotators is a special case, and the cheapest evidence can be bought first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stepmark.counts import FloatArray
from stepmark.posterior.along import by_first_error
from stepmark.records import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """How often an annotator says `incorrect`, by what the step truly is; each in (0, 1)."""

    before: float
    """Of steps before the first error: its false alarms."""
    at: float
    """Of first errors: its hits."""
    after: float
    """Of steps after the first error."""

    def __post_init__(self) -> None:
        for name in ("before", "at", "after"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be between 0 and 1, not {getattr(self, name)}")


def evidence_of(verdicts: Sequence[Verdict], rates: Confusion) -> FloatArray:
    """Return the log likelihood of the verdicts under each first error: float64[steps + 1].

    The last entry is for no error. `unlabelled` and `neutral` verdicts say nothing. Verdicts of one
    annotator count as independent given the truth; evidence of several annotators adds up.
    """
    rows = [
        _log_likelihood(verdict, np.array([rates.before, rates.at, rates.after]))
        for verdict in verdicts
    ]
    before, at, after = np.array(rows).reshape(-1, 3).T
    return by_first_error(before, at, after)


def _log_likelihood(verdict: Verdict, says_incorrect: FloatArray) -> FloatArray:
    if verdict == "incorrect":
        return np.log(says_incorrect)
    if verdict == "correct":
        return np.log1p(-says_incorrect)
    return np.zeros(3)
