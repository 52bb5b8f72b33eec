"""Step preference pairs for rStar-Math's process preference model.

Paper: rStar-Math (arXiv 2501.04519) §3.3, and the authors' extraction. Among the continuations of a
prefix, those below which some rollout is right are candidates to choose, by Q downwards, and those
below which some is wrong to reject, by Q upwards: two of each, or four where the other side has but
one. A pair is kept if its Q margin is positive, and so is that of the mean Q along the best and the
worst continuations; of these, with a margin of at least 0.5 (Q is in [−1, 1]) and steps at least 20
character edits apart.
Deviations: unknown rollouts are neither right nor wrong; rollouts are no nodes of their own, so
continuations end where measuring did; steps of no solution in the data are no candidates, though
their rollouts count; the problem is a column, put into no template.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stepmark.counts import BoolArray, FloatArray
from stepmark.prefixes import Prefixes, terminal_q, through
from storage.export.written import Written, not_kept

FEW, MANY = 2, 4
"""Candidates of a side, and of a side whose other one has but a single candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPair:
    """A step to be preferred to another after the same prefix."""

    problem_id: str
    """The problem."""
    prefix: str
    """What both steps continue; empty for the bare problem."""
    pos: str
    """The preferred step."""
    neg: str
    """The other one."""
    pos_count: int
    """Preferred candidates of this prefix."""
    neg_count: int
    """Rejected candidates of this prefix."""
    margin: float
    """Q of `pos` minus Q of `neg`, in (0, 2]."""


class _Pair(NamedTuple):
    parent: int
    pos: int
    neg: int
    pos_count: int
    neg_count: int


def step_pairs(prefixes: Prefixes, margin: float = 0.5, edits: int = 20) -> Written:
    """Return the `StepPair` rows of trees; pure.

    Args:
        prefixes: the trees.
        margin: least difference of Q, inclusive.
        edits: least character edit distance of the two steps, inclusive.
    """
    from rapidfuzz.distance import Levenshtein

    q = terminal_q(prefixes)
    rows: list[StepPair] = []
    unsaid = not_kept(prefixes)
    for pairs in _by_prefix(prefixes, q):
        unsaid["prefixes without a better and a worse continuation"] += not pairs
        for pair in pairs:
            row = _row(prefixes, q, pair)
            if row.margin < margin:
                unsaid[f"pairs with a margin of Q below {margin:g}"] += 1
            elif Levenshtein.distance(row.pos, row.neg) < edits:
                unsaid[f"pairs of steps less than {edits} edits apart"] += 1
            else:
                rows.append(row)
    return Written(tuple(rows), +unsaid)


def _row(prefixes: Prefixes, q: FloatArray, pair: _Pair) -> StepPair:
    return StepPair(
        problem_id=prefixes.problems[pair.pos],
        prefix=prefixes.text(pair.parent),
        pos=prefixes.step(pair.pos),
        neg=prefixes.step(pair.neg),
        pos_count=pair.pos_count,
        neg_count=pair.neg_count,
        margin=float(q[pair.pos] - q[pair.neg]),
    )


def _by_prefix(prefixes: Prefixes, q: FloatArray) -> Iterator[list[_Pair]]:
    """Yield for each prefix that kept ones continue the pairs of them with positive margins."""
    families = prefixes.families()
    right = through(prefixes, prefixes.correct) > 0
    wrong = through(prefixes, prefixes.incorrect) > 0
    best = _continued(prefixes, families, q, right, sign=1)
    worst = _continued(prefixes, families, q, wrong, sign=-1)
    for (_, parent), continuations in families.items():
        family = [entry for entry in continuations if prefixes.kept[entry]]
        chosen = sorted((e for e in family if right[e]), key=lambda e: -q[e])
        rejected = sorted((e for e in family if wrong[e]), key=lambda e: q[e])
        pos, neg = chosen[:FEW], rejected[:FEW]
        if len(pos) == 1:
            neg = rejected[:MANY]
        if len(neg) == 1:
            pos = chosen[:MANY]
        if family:
            yield [
                _Pair(parent, a, b, len(pos), len(neg))
                for a in pos
                for b in neg
                if q[a] > q[b] and best[a] > worst[b]
            ]


def _continued(
    prefixes: Prefixes,
    families: dict[tuple[str, int], list[int]],
    q: FloatArray,
    eligible: BoolArray,
    *,
    sign: int,
) -> FloatArray:
    """Return the mean Q from each entry on along its best (sign 1) or worst (−1) continuations."""
    total, count = q.copy(), np.ones(len(q))
    for entry in reversed(range(len(q))):
        children = families.get((prefixes.problems[entry], entry), [])
        ahead = max((c for c in children if eligible[c]), key=lambda c: sign * q[c], default=None)
        if ahead is not None:
            total[entry] += total[ahead]
            count[entry] += count[ahead]
    return total / count
