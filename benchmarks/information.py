"""How few rollouts an accuracy can be had for: an information-theoretic lower bound.

Give the probe more than it can have: for every solution the exact chances with which draws from
each prefix end if it is sound and if it is broken, so that only the place of the error is unknown.
Even then a draw from the prefix of t steps tells at most the capacity C of that prefix's channel,
from {sound, broken} to {right, own answer, other}, and all draws from it together no more than the
entropy of "the error lies within the first t steps". To be right with probability a, the draws must
tell on average at least

    I = H(first error) − h(1 − a) − (1 − a) log2(T − 1)              (Fano's inequality)

bits a solution, T steps the longest. The bound spends draws where the capacity is largest first,
over all prefixes of all solutions, each up to its entropy, until I is reached. No probe that reads
endings alone can do with fewer; whether any can do with that few is not said.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.world import Simulated
from stepmark.counts import FloatArray

INPUTS = np.linspace(0.02, 0.98, 49)
"""Shares of sound inputs over which a channel's capacity is searched."""


def fewest_rollouts(solutions: Sequence[Simulated], accuracy: float) -> float:
    """Return the bound, rollouts a solution, for a share of first errors to be found exactly.

    First errors are taken to be distributed as they are among the solutions of the same length.
    """
    places = _places(solutions)
    entropy = np.mean([_entropy(places[solution.steps]) for solution in solutions])
    longest = max(places)
    missed = 1 - accuracy
    needed = entropy - _binary_entropy(missed) - missed * np.log2(max(longest - 1, 1))
    capacity = np.concatenate([capacities(solution.channels) for solution in solutions])
    most = np.concatenate([_within(places[solution.steps]) for solution in solutions])
    order = np.argsort(-capacity)
    most = most[order] / len(solutions)
    told = np.cumsum(most)
    spent = np.clip(needed - (told - most), 0, most)
    return float((spent / np.maximum(capacity[order], 1e-9)).sum())


def capacities(channels: FloatArray) -> FloatArray:
    """Return the most a draw from each prefix of 1 … steps − 1 steps tells: bits[steps − 1]."""
    sound = INPUTS[:, None, None]
    each = _entropy(channels[1:])
    told = (
        _entropy(sound * channels[1:, 0] + (1 - sound) * channels[1:, 1])
        - INPUTS[:, None] * each[:, 0]
        - (1 - INPUTS[:, None]) * each[:, 1]
    )
    return np.asarray(told.max(axis=0))


def _places(solutions: Sequence[Simulated]) -> dict[int, FloatArray]:
    """Return how often each step is the first error, by the number of steps."""
    errors: dict[int, list[int]] = {}
    for solution in solutions:
        assert solution.first_error is not None
        errors.setdefault(solution.steps, []).append(solution.first_error)
    return {n: np.bincount(seen, minlength=n) / len(seen) for n, seen in errors.items()}


def _within(place: FloatArray) -> FloatArray:
    """Return the entropy of "the error lies within the first t steps" for t = 1 … steps − 1."""
    share = np.clip(np.cumsum(place)[:-1], 0, 1)
    return _entropy(np.stack([share, 1 - share], axis=1))


def _entropy(chances: FloatArray) -> FloatArray:
    safe = np.maximum(chances, 1e-12)
    return np.asarray(-(safe * np.log2(safe)).sum(axis=-1))


def _binary_entropy(share: float) -> float:
    return float(_entropy(np.array([share, 1 - share])))
