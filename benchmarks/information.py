"""How few rollouts an accuracy can be had for: an information-theoretic lower bound.

Give the probe more than it can have: for every solution the exact chances with which draws from
each prefix end if it is sound and if it is broken, so that only the place of the error is unknown.
Even then one draw tells at most the capacity C of the best prefix's channel, from {sound, broken}
to {right, own answer, other}; and a solution has no more to tell than the entropy of its first
error. To be right with probability a, the draws must tell on average at least

    I = H(first error) − h(1 − a) − (1 − a) log2(T − 1)              (Fano's inequality)

bits a solution, T steps the longest. The bound spends draws on the solutions with the best channels
first, up to their entropy, until I is reached. No probe that reads endings alone can do with fewer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.world import Simulated
from stepmark.counts import FloatArray

INPUTS = np.linspace(0.02, 0.98, 49)
"""Shares of sound inputs over which a channel's capacity is searched."""


def fewest_rollouts(solutions: Sequence[Simulated], entropy: FloatArray, accuracy: float) -> float:
    """Return the bound, rollouts a solution.

    Args:
        solutions: what is to be located.
        entropy: float64[solutions], entropy of the first error before any draw, bits.
        accuracy: share of first errors to be found exactly.
    """
    longest = max(solution.steps for solution in solutions)
    missed = 1 - accuracy
    left = entropy.mean() - _binary_entropy(missed) - missed * np.log2(max(longest - 1, 1))
    capacities = np.array([capacity(solution.channels) for solution in solutions])
    order = np.argsort(-capacities)
    told = np.cumsum(entropy[order]) / len(solutions)
    share = np.clip(left - np.concatenate([[0.0], told[:-1]]), 0, np.diff(told, prepend=0.0))
    return float((share / np.maximum(capacities[order], 1e-9)).sum())


def capacity(channels: FloatArray) -> float:
    """Return the most one draw tells of whether its prefix is sound, positions ≥ 1: bits."""
    mixed = INPUTS[:, None, None] * channels[1:, 0] + (1 - INPUTS[:, None, None]) * channels[1:, 1]
    each = _entropy(channels[1:])
    told = _entropy(mixed) - INPUTS[:, None] * each[:, 0] - (1 - INPUTS[:, None]) * each[:, 1]
    return float(told.max(initial=0.0))


def _entropy(chances: FloatArray) -> FloatArray:
    safe = np.maximum(chances, 1e-12)
    return np.asarray(-(safe * np.log2(safe)).sum(axis=-1))


def _binary_entropy(share: float) -> float:
    return float(_entropy(np.array([share, 1 - share])))
