"""What a rule returns: a value and a verdict for every step."""

from __future__ import annotations

from typing import NamedTuple

from stepmark.counts import BoolArray, Counts, FloatArray
from stepmark.labels import (
    CORRECT,
    INCORRECT,
    NEUTRAL,
    UNLABELLED,
    VERDICTS,
    VerdictArray,
)

__all__ = [
    "CORRECT",
    "INCORRECT",
    "NEUTRAL",
    "UNLABELLED",
    "VERDICTS",
    "Reading",
    "VerdictArray",
    "believable",
    "check_share",
]


class Reading(NamedTuple):
    """A rule's answer, aligned with the counts it read."""

    values: FloatArray
    """float64[N] in [0, 1]; NaN where the rule has none."""
    verdicts: VerdictArray
    """int8[N], codes of `VERDICTS`."""


def believable(counts: Counts, max_unknown: float) -> BoolArray:
    """Return bool[N]: steps with graded draws and a share of unknown ones within the bound.

    Wrong prefixes ramble more and are cut more often, so ignoring many unknown draws would
    flatter a prefix, and counting them as failures would call wrong what is only unknown.
    """
    graded = counts.correct + counts.incorrect
    within: BoolArray = counts.unknown <= max_unknown * counts.total
    return (graded > 0) & within


def check_share(name: str, share: float) -> None:
    """Raise ValueError unless the share lies in [0, 1)."""
    if not 0 <= share < 1:
        raise ValueError(f"{name} must be in [0, 1), not {share}")
