"""Looking along solutions that lie flat: what stands before a step, what comes after it.

Everything is vectorised over many solutions and never looks across the border between two.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from annotators.rules.reading import (
    BEFORE_NOT_MEASURED,
    OWN_DRAWS,
    ROOT_NOT_MEASURED,
    believable,
)
from stepmark.counts import BoolArray, Counts, IntArray, Tallies

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
        int[N]: codes of `REASONS` for the others.
    """
    measured = believable(counts, max_unknown)
    root_measured = believable(root_of(counts), max_unknown)
    usable = measured & root_measured & believable(before(counts), max_unknown)
    reasons = np.select(
        [~measured, ~root_measured], [OWN_DRAWS, ROOT_NOT_MEASURED], BEFORE_NOT_MEASURED
    )
    return usable, reasons


def seen_so_far(counts: Counts, flags: BoolArray) -> IntArray:
    """Return int64[N]: how many steps of the solution are flagged, up to and with each one."""
    running = _running(flags)
    return running[1:] - _each_step(counts, running[counts.offsets[:-1]])


def still_to_come(counts: Counts, flags: BoolArray) -> IntArray:
    """Return int64[N]: how many steps of the solution are flagged, from each one on."""
    running = _running(flags)
    return _each_step(counts, running[counts.offsets[1:]]) - running[:-1]


def steps_until(counts: Counts, flags: BoolArray) -> IntArray:
    """Return int64[N]: steps from each one to the solution's first flagged one.

    0 at it, negative after it, `NEVER` where none of the solution's steps is flagged.
    """
    firsts = np.flatnonzero(flags & (seen_so_far(counts, flags) == 1))
    first = np.full(len(counts.offsets) - 1, NEVER)
    first[np.searchsorted(counts.offsets, firsts, side="right") - 1] = firsts
    there = _each_step(counts, first)
    return np.where(there == NEVER, NEVER, there - np.arange(len(flags)))


def _running(flags: BoolArray) -> IntArray:
    """Return int64[N + 1]: how many of the first i steps are flagged."""
    return np.concatenate([[0], np.cumsum(flags, dtype=np.int64)])


def _each_step(counts: Counts, by_solution: IntArray) -> IntArray:
    return np.repeat(by_solution, np.diff(counts.offsets))


def _shifted(counts: Counts, steps: IntArray, roots: IntArray) -> IntArray:
    moved = np.empty_like(steps)
    moved[1:] = steps[:-1]
    has_steps = np.diff(counts.offsets) > 0
    moved[counts.offsets[:-1][has_steps]] = roots[has_steps]
    return moved
