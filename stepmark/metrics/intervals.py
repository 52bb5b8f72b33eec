"""95 % intervals of shares and means over solutions, of which several may share a problem.

Solutions of one problem resemble each other, so the variance is that of the problems' sums (the
sandwich estimate with problems as clusters); with one solution a problem it is the usual one. Other
figures are linearised: the variance is that of what each entry adds to them (the delta method).
Where nothing varies, a linearisation says that nothing is in doubt; so four problems that nobody
saw, two of them all right and two all wrong, are added to those that a figure rests on (Agresti and
Coull 1998, "plus four"; of the difference of two shares Agresti and Caffo 2000).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from stepmark.counts import FloatArray

Z: Final = 1.96
_DRAWS: Final = 20_000


class Estimate(NamedTuple):
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


class Linear(NamedTuple):
    """A figure in [0, 1] as the mean of what problems say, to first order."""

    value: float
    """The figure."""
    influence: FloatArray
    """float64[entries], what each entry adds to it; they sum to 0."""
    problems: npt.NDArray[Any]
    """The problem of each."""
    number: int
    """How many problems it rests on, 1 or more."""

    @property
    def estimate(self) -> Estimate:
        """The figure and its interval."""
        return mean_of((self,))

    @property
    def centre(self) -> float:
        """The figure with four problems more."""
        return (self.number * self.value + 2) / (self.number + 4)

    @property
    def doubt(self) -> float:
        """What the four problems add to the variance."""
        off, left = (self.value - self.centre) ** 2, 1 - self.centre
        return (self.number * off + 2 * left**2 + 2 * self.centre**2) / (self.number + 4) ** 2


def mean_of(figures: Sequence[Linear]) -> Estimate:
    """Return the mean of figures of the same entries, and its interval."""
    value = math.fsum(figure.value for figure in figures) / len(figures)
    centre = math.fsum(figure.centre for figure in figures) / len(figures)
    influence = np.mean([f.influence * f.number / (f.number + 4) for f in figures], axis=0)
    doubt = math.fsum(f.doubt for f in figures) / len(figures) ** 2
    half = Z * math.sqrt(float((_sums(influence, figures[0].problems) ** 2).sum()) + doubt)
    return Estimate(value, max(0.0, min(centre - half, value)), min(1.0, max(centre + half, value)))


def ratio_of(parts: FloatArray, wholes: FloatArray, problems: npt.ArrayLike) -> Linear | None:
    """Return the ratio of two sums, or None where the lower one is nothing.

    Args:
        parts: float64[entries] above the line.
        wholes: float64[entries] below it.
        problems: the problem of each.
    """
    whole = float(wholes.sum())
    if not whole:
        return None
    value, names = float(parts.sum()) / whole, np.asarray(problems)
    influence = (parts - value * wholes) / whole
    return Linear(value, influence, names, number_of(names[wholes > 0]))


def number_of(problems: npt.ArrayLike) -> int:
    """Return how many problems there are."""
    return len(np.unique(np.asarray(problems)))


class Hits(NamedTuple):
    """What holds of solutions, and which problems they are of."""

    held: FloatArray
    """float64[solutions], 1 or 0."""
    problems: npt.NDArray[np.str_]
    """str[solutions]."""

    @property
    def share(self) -> Estimate:
        """The share that holds, of one solution at least."""
        return Estimate(float(self.held.mean()), *of_share(self.held, self.problems))

    @property
    def worth(self) -> float:
        """How many independent solutions they are worth."""
        return _worth(self.held, self.problems)


def harmonic_mean_of(one: Hits, other: Hits) -> Estimate:
    """Return the harmonic mean of two independent shares.

    Each is taken as the beta distribution that Jeffreys' prior gives (Goutte and Gaussier, "A
    probabilistic interpretation of precision, recall and F-score", ECIR 2005); the interval is that
    of 20,000 seeded draws. It stays sound where a share is 0 or 1, of which a linearisation says
    that nothing is in doubt.
    """
    chance = np.random.default_rng(0)
    drawn = _harmonic(*(chance.beta(*_jeffreys(hits), size=_DRAWS) for hits in (one, other)))
    low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
    value = float(_harmonic(one.held.mean(), other.held.mean()))
    return Estimate(value, min(low, value), max(high, value))


def _harmonic(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(2 * one * other / np.maximum(one + other, np.finfo(float).tiny))


def _jeffreys(hits: Hits) -> tuple[float, float]:
    """Return the parameters of the beta distribution of a share."""
    share = float(hits.held.mean())
    return share * hits.worth + 0.5, (1 - share) * hits.worth + 0.5


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
    if not len(hits):
        return [0.0, 1.0]
    return wilson(float(np.mean(hits)), _worth(np.asarray(hits, dtype=float), problems))


def wilson(share: float, number: float) -> list[float]:
    """Return Wilson's score interval of a share of `number` independent cases."""
    centre = share + Z * Z / (2 * number)
    half = Z * math.sqrt(share * (1 - share) / number + Z * Z / (4 * number * number))
    return [(centre - half) / (1 + Z * Z / number), (centre + half) / (1 + Z * Z / number)]


def _worth(hits: FloatArray, problems: npt.ArrayLike) -> float:
    """Return how many independent solutions these are worth.

    Where all are alike, or are of one problem, nothing tells how solutions of a problem differ:
    then as many as there are problems.
    """
    share, number = float(hits.mean()), len(hits)
    plain, several = share * (1 - share) / number, number_of(problems)
    if not plain or several == 1:
        return float(several)
    return number / max(1.0, _variance(hits, problems) / plain)


def _variance(values: FloatArray, problems: npt.ArrayLike) -> float:
    """Return the variance of the mean, problems being independent and their solutions not."""
    sums = _sums(values - values.mean(), problems)
    return float((sums**2).sum() / len(values) ** 2)


def _sums(values: FloatArray, problems: npt.ArrayLike) -> FloatArray:
    """Return the sum over each problem."""
    _, which = np.unique(np.asarray(problems), return_inverse=True)
    return np.bincount(which, weights=values).astype(np.float64)
