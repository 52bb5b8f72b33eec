"""Pairs with a soft target, as OmegaPRM trains its pairwise model.

Paper: OmegaPRM (arXiv 2406.06592v2) App. B, eq. 6: two actions X and Y from the same state, with
Monte Carlo values p and q of where they lead, and the Bradley–Terry target ½ (1 + p − q) that X is
preferred. (The loss is printed there without its minus sign.)
Every two measured continuations of a prefix are a pair, the better one first, so that the target
is at least ½. A continuation may be several steps that were not parted, as the paper's edges may.
Deviations: values over graded draws; a prefix with too many unknown ones has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from stepmark.counts import FloatArray
from stepmark.prefixes import Prefixes
from storage.shards import table_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftPair:
    """Two continuations of the same prefix."""

    problem_id: str
    """The problem."""
    prefix: str
    """What both continue; empty for the bare problem."""
    first: str
    """The continuation with the larger value."""
    second: str
    """The other one."""
    first_value: float
    """Share of graded rollouts that succeed after `first`, in [0, 1]."""
    second_value: float
    """The same after `second`."""
    target: float
    """Probability that `first` is to be preferred, in [0.5, 1]."""


class _Pair(NamedTuple):
    parent: int
    first: int
    second: int


def soft_pairs(prefixes: Prefixes, max_unknown: float = 0.25) -> pa.Table:
    """Return the `SoftPair` rows of trees; pure.

    Args:
        prefixes: the trees.
        max_unknown: largest share of unknown draws, in [0, 1), at which a prefix has a value.
    """
    values = _values(prefixes, max_unknown)
    pairs = [
        _Pair(parent, *sorted(two, key=lambda entry: (-values[entry], prefixes.texts[entry])))
        for (_, parent), family in prefixes.families().items()
        for two in combinations([e for e in family if not np.isnan(values[e])], 2)
    ]
    p = values[[pair.first for pair in pairs]]
    q = values[[pair.second for pair in pairs]]
    return table_of(
        SoftPair,
        {
            "problem_id": pa.array([prefixes.problems[pair.first] for pair in pairs], pa.string()),
            "prefix": pa.array([prefixes.text(pair.parent) for pair in pairs], pa.string()),
            "first": pa.array([prefixes.step(pair.first) for pair in pairs], pa.string()),
            "second": pa.array([prefixes.step(pair.second) for pair in pairs], pa.string()),
            "first_value": pa.array(p),
            "second_value": pa.array(q),
            "target": pa.array(preference(p, q)),
        },
    )


def preference(p: FloatArray, q: FloatArray) -> FloatArray:
    """Return the probability that actions of value p are preferred to those of value q."""
    target: FloatArray = (1 + p - q) / 2
    return target


def _values(prefixes: Prefixes, max_unknown: float) -> FloatArray:
    graded = prefixes.correct + prefixes.incorrect
    believed = (graded > 0) & (prefixes.unknown <= max_unknown * (graded + prefixes.unknown))
    return np.where(believed, prefixes.correct / np.maximum(graded, 1), np.nan)
