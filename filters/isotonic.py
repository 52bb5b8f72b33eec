"""Isotonic calibration: values become the rate at which solutions with such values end well.

Paper: isotonic regression by pooling adjacent violators; as a calibration of probabilities in "On
Calibration of Modern Neural Networks" (arXiv 1706.04599) §4.1. Reward models over-estimate
(arXiv 2506.09338), and so may rates of few draws and of another policy's.
What is compared: the value of a prefix with the outcome of the solution that it begins. A solution
is one more draw from each of its prefixes, and is never among the rollouts that its values rest on.
Fitted: the non-decreasing curve of least squares over all measured steps but the last, whose value
is the outcome itself; between two of its points values are interpolated. Verdicts stay as they are.
Deviations: fitted on the rows themselves, so the Brier scores kept beside it flatter; steps of one
solution share an outcome. Where outcomes were selected (quotas, a balance before this filter),
values are calibrated to the selection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa

from filters.protocol import Block
from filters.rows import equals, steps_of, with_columns
from stepmark import ragged
from stepmark.counts import BoolArray, FloatArray
from stepmark.errors import FilterError


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What was fitted."""

    values: Sequence[float]
    """Values, rising."""
    rates: Sequence[float]
    """For each the rate of right answers, never falling."""
    steps: int
    """Steps that it rests on."""
    brier: tuple[float, float]
    """Mean squared distance of values from outcomes, before and after, on the same steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Isotonic(Block):
    """Map values to the rates of right answers that belong to them."""

    fitted: ClassVar[type[Any] | None] = Curve
    needs_draws: ClassVar[bool] = True

    method: Literal["isotonic"]

    def fit(self, shards: Iterable[pa.Table], base: Path) -> Curve:  # noqa: ARG002 (reads no file)
        """Fit the curve.

        Raises:
            FilterError: the measured steps are all of right solutions, or all of wrong ones.
        """
        pairs = [_pairs(rows) for rows in shards]
        values = np.concatenate([value for value, _ in pairs] or [np.zeros(0)])
        outcomes = np.concatenate([outcome for _, outcome in pairs] or [np.zeros(0)])
        if len(np.unique(outcomes)) < 2:  # noqa: PLR2004 (right and wrong)
            raise FilterError(
                f"isotonic: the {len(values):,} measured steps are not of both right and wrong "
                "solutions, so there is nothing to calibrate them by. Have right answers probed "
                "too (`right_answers: probe`), put filters that drop one side after this one, or "
                "leave it out."
            )
        curve = regression(values, outcomes)
        after = np.interp(values, *curve)
        brier = (float(((values - outcomes) ** 2).mean()), float(((after - outcomes) ** 2).mean()))
        points, rates = (each.tolist() for each in curve)
        return Curve(values=points, rates=rates, steps=len(values), brier=brier)

    def change(self, rows: pa.Table, fitted: Curve) -> pa.Table:
        """Return the rows with calibrated values where a value was measured; pure."""
        steps = steps_of(rows)
        calibrated = np.interp(steps.values, fitted.values, fitted.rates)
        values = np.where(_open(rows), calibrated, steps.values)
        column = pa.array(values, mask=np.isnan(values))
        return with_columns(rows, {"values": column}, steps.offsets)


def regression(values: FloatArray, outcomes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return distinct values, rising, and the non-decreasing fit of least squares at each.

    Args:
        values: float64[N], N of 1 or more.
        outcomes: float64[N].
    """
    points, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=outcomes) / counts
    pools: list[tuple[float, int, int]] = []  # mean, weight, points
    for mean, weight in zip(means.tolist(), counts.tolist(), strict=True):
        pool = (mean, weight, 1)
        while pools and pools[-1][0] >= pool[0]:
            before = pools.pop()
            total = before[1] + pool[1]
            pooled = (before[0] * before[1] + pool[0] * pool[1]) / total
            pool = (pooled, total, before[2] + pool[2])
        pools.append(pool)
    rates = np.repeat([mean for mean, _, _ in pools], [size for _, _, size in pools])
    return points, rates


def _pairs(rows: pa.Table) -> tuple[FloatArray, FloatArray]:
    """Return the values of measured steps and the outcomes of their solutions, 1 or 0."""
    steps = steps_of(rows)
    right, wrong = equals(rows, "outcome", "correct"), equals(rows, "outcome", "incorrect")
    owner = ragged.owners(steps.offsets)
    used = _open(rows) & (right | wrong)[owner]
    return steps.values[used], right[owner][used].astype(np.float64)


def _open(rows: pa.Table) -> BoolArray:
    """Return which steps have a measured value that the outcome did not give, bool[steps]."""
    steps = steps_of(rows)
    inner = ragged.indices(steps.offsets) < steps.lengths[ragged.owners(steps.offsets)] - 1
    result: BoolArray = inner & ~np.isnan(steps.values) & ~steps.interpolated
    return result
