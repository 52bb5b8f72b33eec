"""Other annotators' verdicts as evidence about the first error.

A judge or a verifier that labels steps is a noisy reading of the truth. Given how often it errs
(estimated on gold, or from disagreement), its verdicts multiply the posterior like draws do, so a
consensus of annotators is a special case, and the cheapest evidence can be bought first.

An annotator is read step by step, up to and with the first step that it calls incorrect. Its rates
are those of that walk: how often it stops at a step, given that it has not stopped before. A judge
that is blind to an error is so at later steps too, and these rates know it; rates of all its
verdicts, taken as independent, would count one oversight many times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from stepmark import ragged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import FloatArray, IntArray
from stepmark.labels import CORRECT, INCORRECT, VERDICTS, CodeArray
from stepmark.posterior.along import by_first_error
from stepmark.records import Verdict

PLACES: Final = ("before", "at", "after")
SMOOTHING: Final = 0.5
"""Imaginary steps of each kind that a fitted rate starts from (Krichevsky–Trofimov)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """How often an annotator stops at a step and calls it incorrect; each in (0, 1)."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    before: float
    """At steps before the first error: its false alarms."""
    at: float
    """At first errors: its hits."""
    after: float
    """At a step after the first error, having passed over that."""

    def __post_init__(self) -> None:
        for name in PLACES:
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be between 0 and 1, not {getattr(self, name)}")


def evidence_of(verdicts: Sequence[Verdict], rates: Confusion) -> FloatArray:
    """Return the log likelihood of the verdicts under each first error: float64[steps + 1].

    The last entry is for no error. `unlabelled` and `neutral` verdicts say nothing, nor does what
    follows the first `incorrect` one. Evidence of several annotators adds up, which counts them as
    independent given the truth.
    """
    codes = np.array([VERDICTS.index(verdict) for verdict in verdicts], dtype=np.int8)
    return evidence_of_many(codes, np.array([0, len(codes)]), rates)


def evidence_of_many(verdicts: CodeArray, offsets: IntArray, rates: Confusion) -> FloatArray:
    """Return the same for many solutions, float64[steps + solutions] laid out one by one.

    Args:
        verdicts: int8[steps], codes of `VERDICTS`.
        offsets: int64[solutions + 1], where each solution's steps start.
        rates: of the annotator.
    """
    lengths = ragged.lengths(offsets)
    evidence = np.zeros(len(verdicts) + len(lengths))
    for length in np.unique(lengths).tolist():
        members = np.flatnonzero(lengths == length)
        said = verdicts[offsets[members, None] + np.arange(length)]
        by_place = [_log_likelihood(said, getattr(rates, name)) for name in PLACES]
        evidence[places(offsets, members, length)] = by_first_error(*by_place)
    return evidence


def places(offsets: IntArray, members: IntArray, length: int) -> IntArray:
    """Return where the evidence about members of one length stands: int64[members, length + 1]."""
    rows: IntArray = (offsets[members] + members)[:, None] + np.arange(length + 1)
    return rows


def fit_confusion(
    read: Iterable[tuple[Sequence[Verdict], int | None]],
) -> Confusion:
    """Return an annotator's rates on solutions whose first error is known.

    Args:
        read: its verdicts on each solution, and the true first error, or None.
    """
    stops, passes = np.full(3, SMOOTHING), np.full(3, SMOOTHING)
    for verdicts, truth in read:
        error = len(verdicts) if truth is None else truth
        for step, verdict in enumerate(verdicts):
            place = (step == error) + 2 * (step > error)
            stops[place] += verdict == "incorrect"
            passes[place] += verdict == "correct"
            if verdict == "incorrect":
                break
    before, at, after = (stops / (stops + passes)).tolist()
    return Confusion(before=before, at=at, after=after)


def _log_likelihood(said: CodeArray, rate: float) -> FloatArray:
    """Return the log likelihood of each verdict that counts, float64[solutions, steps]."""
    wrong = said == INCORRECT
    heard = np.cumsum(wrong, axis=1) - wrong == 0
    told = np.where(wrong, np.log(rate), np.where(said == CORRECT, np.log1p(-rate), 0.0))
    return np.asarray(np.where(heard, told, 0.0))
