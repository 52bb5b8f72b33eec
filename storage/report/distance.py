"""How far apart two reward functions are: the step values of two annotators on the same steps.

Pearson's distance is that of EPIC (Gleave et al., arXiv 2006.13900, definition 4.5), √((1 − ρ)/2):
0 where one is the other in another unit, 1 where they are opposed. EPIC takes potential shaping out
before; that is left undone here on purpose. A prefix has one next step in a stored solution, so
every reward with the same sum over the solution is shaping of every other, and nothing of what a
process reward says of single steps would remain. STARC (arXiv 2309.15257) shows what that removal
buys for policies; a reward model's user ranks steps and solutions, which is measured here as such.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stepmark import ragged
from stepmark.counts import BoolArray, FloatArray
from storage.report.said import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Two annotators' values on the steps that both value; None where that is undefined."""

    steps: int
    """How many those are."""
    mean_absolute: float | None
    """Mean of the absolute difference, in [0, 1]."""
    pearson: float | None
    """√((1 − ρ)/2) in [0, 1]; None where one of them never varies."""
    ranks: float | None
    """Spearman's correlation of the steps' values, in [−1, 1]."""
    solutions: float | None
    """Spearman's correlation of the solutions' lowest values, by which reward models rank them."""


def distance(one: Said, other: Said) -> Distance:
    """Compare values; both speak of the same solutions, cut into the same steps."""
    both = ~np.isnan(one.values) & ~np.isnan(other.values)
    first, second = one.values[both], other.values[both]
    linear = correlation(first, second)
    lowest = [_lowest(each, both) for each in (one, other)]
    return Distance(
        steps=len(first),
        mean_absolute=float(np.abs(first - second).mean()) if len(first) else None,
        pearson=None if linear is None else math.sqrt(max(0.0, 1 - linear) / 2),
        ranks=correlation(ranks(first), ranks(second)),
        solutions=correlation(*map(ranks, lowest)),
    )


def differences(one: Said, other: Said) -> FloatArray:
    """Return the mean absolute difference of values in each solution; 0 where none compare."""
    gaps = np.abs(one.values - other.values)
    known = ~np.isnan(gaps)
    owners, count = ragged.owners(one.offsets)[known], len(one.offsets) - 1
    total = np.bincount(owners, gaps[known], count)
    result: FloatArray = total / np.maximum(np.bincount(owners, minlength=count), 1)
    return result


def correlation(first: FloatArray, second: FloatArray) -> float | None:
    """Return Pearson's ρ; None where one of the two never varies."""
    if not len(first) or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.clip(np.corrcoef(first, second)[0, 1], -1, 1))


def ranks(values: FloatArray) -> FloatArray:
    """Return ranks from 0; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean = (ends - 1 + ends - counts) / 2
    shared: FloatArray = mean[place]
    return shared


def _lowest(said: Said, among: BoolArray) -> FloatArray:
    """Return the lowest value of each solution that has one among these steps."""
    count = len(said.offsets) - 1
    lowest = np.full(count, np.inf)
    np.minimum.at(lowest, ragged.owners(said.offsets)[among], said.values[among])
    found: FloatArray = lowest[np.isfinite(lowest)]
    return found
