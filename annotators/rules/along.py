"""Looking along solutions that lie flat: what stands before a step, what comes after it.

Everything is vectorised over many solutions and never looks across the border between two.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from annotators.rules.reading import believable
from stepmark import ragged
from stepmark.counts import BoolArray, Counts, IntArray, Tallies
from stepmark.labels import BEFORE_NOT_MEASURED, NONE, ROOT_NOT_MEASURED

NEVER: Final = 1 << 62
"""More steps than any solution has."""


def root_of(counts: Counts) -> Tallies:
    """Return, for every step, the draws from its bare problem."""
    return Tallies(
        correct=_each_step(counts, counts.root.correct),
        incorrect=_each_step(counts, counts.root.incorrect),
        unknown=_each_step(counts, counts.root.unknown),
        own=_each_step(counts, counts.root.own),
    )


def before(counts: Counts) -> Tallies:
    """Return, for every step, the draws from the prefix before it: for a first step its root's."""
    return Tallies(
        correct=_shifted(counts, counts.correct, counts.root.correct),
        incorrect=_shifted(counts, counts.incorrect, counts.root.incorrect),
        unknown=_shifted(counts, counts.unknown, counts.root.unknown),
        own=_shifted(counts, counts.own, counts.root.own),
    )


def comparable(counts: Counts, max_unknown: float) -> tuple[BoolArray, IntArray]:
    """Tell which steps can be compared with the prefix before them, and why the others cannot.

    Returns:
        bool[N]: the step, the prefix before it and the bare problem have believable draws.
        int[N]: codes of `stepmark.labels.REASONS` for the others.
    """
    measured = believable(counts, max_unknown)
    root_measured = believable(root_of(counts), max_unknown)
    usable = measured & root_measured & believable(before(counts), max_unknown)
    reasons = np.select([~measured, ~root_measured], [NONE, ROOT_NOT_MEASURED], BEFORE_NOT_MEASURED)
    return usable, reasons


def from_first(counts: Counts, flags: BoolArray) -> BoolArray:
    """Return bool[N]: the first flagged step of each solution and all that follow it."""
    return steps_until(counts, flags) <= 0


def to_last(counts: Counts, flags: BoolArray) -> BoolArray:
    """Return bool[N]: the last flagged step of each solution and all before it."""
    last = _each_step(counts, ragged.last(flags, counts.offsets))
    reached: BoolArray = ragged.indices(counts.offsets) <= last
    return reached


def steps_until(counts: Counts, flags: BoolArray) -> IntArray:
    """Return int64[N]: steps from each one to the solution's first flagged one.

    0 at it, negative after it, as far as `NEVER` where none of the solution's steps is flagged.
    """
    first = ragged.first(flags, counts.offsets)
    first[first == ragged.lengths(counts.offsets)] = NEVER
    return _each_step(counts, first) - ragged.indices(counts.offsets)


def _each_step(counts: Counts, by_solution: IntArray) -> IntArray:
    return np.repeat(by_solution, ragged.lengths(counts.offsets))


def _shifted(counts: Counts, steps: IntArray, roots: IntArray) -> IntArray:
    moved = np.empty_like(steps)
    moved[1:] = steps[:-1]
    has_steps = ragged.lengths(counts.offsets) > 0
    moved[counts.offsets[:-1][has_steps]] = roots[has_steps]
    return moved
