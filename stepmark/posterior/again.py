"""How often draws write a step of the solution again, and what that says of the first error.

A step that follows from what stands before it is what the policy writes most often; a slip seldom
is. At a step that `again` of `again + left` draws wrote again, byte for byte, the count is
beta-binomial, with a mean that differs before, at and after the first error (`Hyper`). Where a
policy never writes the same words twice, the three are fitted alike and say nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from stepmark.counts import FloatArray, IntArray
from stepmark.posterior.along import by_first_error
from stepmark.posterior.hyper import AGAIN, Hyper

STRENGTH: Final = 1.0
"""Imaginary draws behind a mean: most steps are written again either nearly always or hardly ever,
and the draws of one problem are not told apart from each other's."""
MEANS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Means that `fit_mean` chooses from."""


def evidence_of_repeats(hyper: Hyper, again: IntArray, left: IntArray) -> FloatArray:
    """Return log likelihoods of each first error: float64[..., steps + 1], the last for none.

    Args:
        hyper: the means.
        again: int64[..., steps], draws that wrote the step again.
        left: int64[..., steps], draws that came to it and wrote something else.
    """
    before, at, after = (log_likelihood(getattr(hyper, name), again, left) for name in AGAIN)
    return by_first_error(before, at, after)


def chances(hyper: Hyper, again: IntArray, left: IntArray) -> FloatArray:
    """Return the chance that the next draw writes a step again, by where the first error is.

    Returns:
        float64[steps, steps + 1]: by step and first error, the last for none.
    """
    before, at, after = (
        (STRENGTH * getattr(hyper, name) + again) / (STRENGTH + again + left) for name in AGAIN
    )
    step, error = np.arange(len(again))[:, None], np.arange(len(again) + 1)
    here_or_later = np.where(step == error, at[:, None], after[:, None])
    return np.asarray(np.where(step < error, before[:, None], here_or_later))


def log_likelihood(mean: float, again: IntArray, left: IntArray) -> FloatArray:
    """Return the beta-binomial log likelihood of each count, without its binomial coefficient."""
    a, b = STRENGTH * mean, STRENGTH * (1 - mean)
    return _log_rising(a, again) + _log_rising(b, left) - _log_rising(STRENGTH, again + left)


def fit_mean(again: IntArray, left: IntArray, weights: FloatArray) -> float:
    """Return the mean that makes weighted counts likeliest, among `MEANS`.

    Args:
        again: int64[M], draws that wrote a step again.
        left: int64[M], draws that did not.
        weights: float64[M], how many steps have these counts.
    """
    return max(MEANS, key=lambda mean: float(weights @ log_likelihood(mean, again, left)))


def _log_rising(a: float, numbers: IntArray) -> FloatArray:
    """Return log a(a + 1) … (a + n − 1) for each n."""
    most = int(numbers.max(initial=0))
    table = np.concatenate([[0.0], np.cumsum(np.log(a + np.arange(most)))])
    return np.asarray(table[numbers])
