"""Calibration: whether values, taken as the chance that a step is right, are as often true.

Brier (1950): the mean squared distance of values from 1 for right and 0 for wrong. ECE: the mean
distance of a bin's values from the share of right ones in it, over ten bins of equal width (Naeini,
Cooper and Hauskrecht, AAAI 2015). A value of `potential` is the chance to reach the reference, and
not that the step is right: its error here is the price of reading it so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stepmark.counts import FloatArray
from stepmark.metrics.intervals import Estimate, ratio_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far values are from chances."""

    steps: int
    """Steps with a value and a gold verdict."""
    ece: float
    """Expected calibration error, in [0, 1]."""
    brier: Estimate
    """Brier score; 0.25 is what always saying one half gives."""
    bins: tuple[dict[str, float], ...]
    """Of each bin that holds any: how many steps, their mean value, and the share that is right."""


def calibrate(
    values: FloatArray, right: npt.NDArray[np.bool_], problems: npt.ArrayLike
) -> Calibration | None:
    """Compare values with what is right; None where there are none, or only zeros and ones.

    Args:
        values: float64[steps] in [0, 1].
        right: bool[steps].
        problems: the problem of each step.
    """
    if not ((values > 0) & (values < 1)).any():
        return None
    brier = ratio_of((values - right) ** 2, np.ones(len(values)), problems)
    assert brier is not None
    return Calibration(
        steps=len(values),
        ece=calibration_error(values, right.astype(float)),
        brier=brier.estimate,
        bins=tuple(_bins(values, right.astype(float), 10)),
    )


def calibration_error(values: FloatArray, truth: FloatArray, bins: int = 10) -> float:
    """Return the expected calibration error over equally wide bins of the values."""
    full = _bins(values, truth, bins)
    gap = math.fsum(each["steps"] * abs(each["value"] - each["right"]) for each in full)
    return gap / max(len(values), 1)


def _bins(values: FloatArray, truth: FloatArray, bins: int) -> list[dict[str, float]]:
    which = np.minimum((values * bins).astype(int), bins - 1)
    return [
        {
            "steps": int((which == b).sum()),
            "value": float(values[which == b].mean()),
            "right": float(truth[which == b].mean()),
        }
        for b in np.unique(which)
    ]
