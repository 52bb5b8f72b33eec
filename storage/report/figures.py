"""The figures of a report: pure arithmetic on what annotators say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepmark import ragged
from stepmark.counts import BoolArray, FloatArray, IntArray
from stepmark.labels import VERDICTS
from stepmark.records import Verdict
from storage.report.said import Said

POSITIONS: Final = 20
"""Steps that are told apart; those after them are counted together."""
PLACES: Final = 5
"""Parts of equal length that a solution is divided into."""
BINS: Final = 10
"""Bins of values, all of one width."""


def outcome_is(outcomes: pa.Array, outcome: str) -> BoolArray:
    """Tell which solutions have an outcome, bool[solutions]."""
    result: BoolArray = pc.equal(outcomes, outcome).to_numpy(zero_copy_only=False)
    return result


def verdict_counts(said: Said) -> dict[Verdict, int]:
    """Count steps by verdict; those that nobody gave are left out."""
    counts = np.bincount(said.verdicts, minlength=len(VERDICTS)).tolist()
    return {verdict: n for verdict, n in zip(VERDICTS, counts, strict=True) if n}


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstErrors:
    """Where first errors are, in solutions."""

    at: IntArray
    """int64[POSITIONS + 1]: by index of the step, from 0; last those at `POSITIONS` or later."""
    relative: IntArray
    """int64[PLACES]: by where the middle of the step lies in its solution, from start to end."""
    none: int
    """Solutions of which every step is called correct or neutral."""
    unknown: int
    """Solutions without an `incorrect` step that are not labelled to their end."""


def first_errors(said: Said) -> FirstErrors:
    """Count solutions by where their first error is."""
    has, index = said.has_error, said.first_error
    steps = ragged.lengths(said.offsets)
    middle = (index[has] + 0.5) / steps[has]
    return FirstErrors(
        at=np.bincount(np.minimum(index[has], POSITIONS), minlength=POSITIONS + 1),
        relative=np.bincount((middle * PLACES).astype(np.int64), minlength=PLACES),
        none=int((~has & said.named).sum()),
        unknown=int((~has & ~said.named).sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How values of steps at one position are spread."""

    position: int
    """Index of the step, from 0."""
    count: int
    """Steps with a value."""
    mean: float
    """Their mean."""
    quartiles: tuple[float, float]
    """Between which the middle half lies."""


def values_by_position(said: Said, among: BoolArray) -> list[Spread]:
    """Return the spread of values at each of the first `POSITIONS` steps that has any.

    Args:
        said: by one annotator.
        among: bool[solutions], which of them count.
    """
    position = ragged.indices(said.offsets)
    counted = ~np.isnan(said.values) & among[ragged.owners(said.offsets)]
    spreads = []
    for index in range(POSITIONS):
        values = said.values[counted & (position == index)]
        if len(values):
            low, high = np.quantile(values, (0.25, 0.75)).tolist()
            spreads.append(
                Spread(
                    position=index,
                    count=len(values),
                    mean=float(values.mean()),
                    quartiles=(low, high),
                )
            )
    return spreads


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Values beside what became of them."""

    counts: IntArray
    """int64[BINS]: steps by their value."""
    means: FloatArray
    """float64[BINS]: mean value in each bin, NaN in an empty one."""
    shares: FloatArray
    """float64[BINS]: share that held, NaN in an empty one."""

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of value and share, weighted by count."""
        held = self.counts > 0
        distances = np.abs(self.means[held] - self.shares[held])
        return float((distances * self.counts[held]).sum() / self.counts.sum())


def calibration(values: FloatArray, held: BoolArray) -> Calibration | None:
    """Compare values with what held; None where there is nothing to compare.

    Args:
        values: float64[steps] in [0, 1], none missing.
        held: bool[steps].
    """
    if not len(values):
        return None
    bins = np.minimum((values * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    with np.errstate(invalid="ignore"):
        return Calibration(
            counts=counts,
            means=np.bincount(bins, values, BINS) / counts,
            shares=np.bincount(bins, held, BINS) / counts,
        )
