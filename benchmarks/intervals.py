"""95 % intervals of shares and means over solutions, of which several may share a problem.

Solutions of one problem resemble each other, so the variance is that of the problems' sums (the
sandwich estimate with problems as clusters); with one solution a problem it is the usual one.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from stepmark.counts import FloatArray

Z: Final = 1.96


def of_mean(values: FloatArray, problems: npt.ArrayLike) -> list[float]:
    """Return the interval of a mean.

    Args:
        values: float64[solutions].
        problems: the problem of each.
    """
    half = Z * math.sqrt(_variance(values, problems))
    mean = float(values.mean())
    return [mean - half, mean + half]


def of_share(hits: FloatArray, problems: npt.ArrayLike) -> list[float]:
    """Return the interval of a share: Wilson's, with as many solutions as they are worth.

    Args:
        hits: bool[solutions].
        problems: the problem of each.
    """
    number = len(hits)
    if not number:
        return [0.0, 1.0]
    share = float(np.mean(hits))
    plain = share * (1 - share) / number
    inflation = max(1.0, _variance(np.asarray(hits, dtype=float), problems) / plain) if plain else 1
    return wilson(share, number / inflation)


def wilson(share: float, number: float) -> list[float]:
    """Return Wilson's score interval of a share of `number` independent cases."""
    centre = share + Z * Z / (2 * number)
    half = Z * math.sqrt(share * (1 - share) / number + Z * Z / (4 * number * number))
    return [(centre - half) / (1 + Z * Z / number), (centre + half) / (1 + Z * Z / number)]


def _variance(values: FloatArray, problems: npt.ArrayLike) -> float:
    """Return the variance of the mean, problems being independent and their solutions not."""
    _, which = np.unique(np.asarray(problems), return_inverse=True)
    sums = np.bincount(which, weights=values - values.mean())
    return float((sums**2).sum() / len(values) ** 2)
