"""What a rule returns: a value and a verdict for every step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stepmark.counts import BoolArray, FloatArray, IntArray, Tallies
from stepmark.labels import (
    AFTER_FIRST_ERROR,
    BEFORE_NOT_MEASURED,
    CORRECT,
    INCORRECT,
    NEUTRAL,
    NONE,
    RARELY_SOLVED,
    REASONS,
    ROOT_NOT_MEASURED,
    UNLABELLED,
    VERDICTS,
    CodeArray,
)

__all__ = [
    "AFTER_FIRST_ERROR",
    "BEFORE_NOT_MEASURED",
    "CORRECT",
    "INCORRECT",
    "NEUTRAL",
    "OWN_DRAWS",
    "RARELY_SOLVED",
    "REASONS",
    "ROOT_NOT_MEASURED",
    "UNLABELLED",
    "VERDICTS",
    "Reading",
    "believable",
    "check_share",
    "judged",
    "success_rate",
]

OWN_DRAWS = NONE
"""The rule has no reason of its own: the step's own draws, or their absence, say why."""


class Reading(NamedTuple):
    """A rule's answer, aligned with the counts it read."""

    values: FloatArray
    """float64[N] in [0, 1]; NaN where the rule has none."""
    verdicts: CodeArray
    """int8[N], codes of `VERDICTS`."""
    reasons: CodeArray | None = None
    """int8[N], codes of `REASONS` for unlabelled steps: 0 where the step's own draws are why. None
    for a rule that looks at nothing but those."""


def judged(
    values: FloatArray, *, correct: BoolArray, incorrect: BoolArray, reasons: IntArray | None = None
) -> Reading:
    """Return a reading that says `correct` and `incorrect` (disjoint) there and nothing elsewhere.

    Args:
        values: float64[N]; kept for the steps that have a verdict.
        correct: bool[N].
        incorrect: bool[N].
        reasons: [N], codes of `REASONS`; kept for the steps that have none.
    """
    labelled = correct | incorrect
    verdicts = np.where(correct, CORRECT, np.where(incorrect, INCORRECT, UNLABELLED))
    return Reading(
        np.where(labelled, values, np.nan),
        verdicts.astype(np.int8),
        None if reasons is None else np.where(labelled, OWN_DRAWS, reasons).astype(np.int8),
    )


def believable(counts: Tallies, max_unknown: float) -> BoolArray:
    """Return bool[N]: prefixes with graded draws and a share of unknown ones within the bound.

    Wrong prefixes ramble more and are cut more often, so ignoring many unknown draws would
    flatter a prefix, and counting them as failures would call wrong what is only unknown.
    """
    within: BoolArray = counts.unknown <= max_unknown * counts.total
    return (counts.graded > 0) & within


def success_rate(counts: Tallies) -> FloatArray:
    """Return float64[N] in [0, 1], the share of graded draws that succeeded; 0 where none is."""
    rate: FloatArray = counts.correct / np.maximum(counts.graded, 1)
    return rate


def check_share(name: str, share: float) -> None:
    """Raise ValueError unless the share lies in [0, 1)."""
    if not 0 <= share < 1:
        raise ValueError(f"{name} must be in [0, 1), not {share}")
