"""Pairs with a soft target, as OmegaPRM trains its pairwise model.

Paper: OmegaPRM (arXiv 2406.06592v2) App. B, eq. 6: two actions X and Y from the same state, with
Monte Carlo values p and q of where they lead, and the Bradley–Terry target ½ (1 + p − q) that X is
preferred. (The loss is printed there without its minus sign.)
Every two measured continuations of a prefix are a pair, the better one first, so that the target
is at least ½. A continuation may be several steps that were not parted, as the paper's edges may.
Deviations: values over graded draws; a prefix with too many unknown ones has none. Continuations of
no solution in the data are in no pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from stepmark.counts import FloatArray
from stepmark.prefixes import Prefixes
from storage.export.written import Written, not_kept


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


def soft_pairs(prefixes: Prefixes, max_unknown: float = 0.25) -> Written:
    """Return the `SoftPair` of every two kept continuations of a prefix; pure.

    Args:
        prefixes: the trees.
        max_unknown: largest share of unknown draws, in [0, 1), at which a prefix has a value.
    """
    values = _values(prefixes, max_unknown)
    rows: list[SoftPair] = []
    unsaid = not_kept(prefixes)
    for (problem, parent), family in prefixes.families().items():
        kept = [entry for entry in family if prefixes.kept[entry]]
        valued = [entry for entry in kept if not np.isnan(values[entry])]
        unsaid["continuations with too many unknown rollouts"] += len(kept) - len(valued)
        unsaid["continuations without another one to compare with"] += len(valued) == 1
        for two in combinations(valued, 2):
            first, second = sorted(two, key=lambda entry: (-values[entry], prefixes.texts[entry]))
            p, q = float(values[first]), float(values[second])
            pair = SoftPair(
                problem_id=problem,
                prefix=prefixes.text(parent),
                first=prefixes.step(first),
                second=prefixes.step(second),
                first_value=p,
                second_value=q,
                target=preference(p, q),
            )
            rows.append(pair)
    return Written(tuple(rows), +unsaid)


def preference(p: float, q: float) -> float:
    """Return the probability that an action of value p is preferred to one of value q."""
    return (1 + p - q) / 2


def _values(prefixes: Prefixes, max_unknown: float) -> FloatArray:
    graded = prefixes.correct + prefixes.incorrect
    believed = (graded > 0) & (prefixes.unknown <= max_unknown * (graded + prefixes.unknown))
    return np.where(believed, prefixes.correct / np.maximum(graded, 1), np.nan)
