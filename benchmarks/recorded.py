"""The solutions of a build, with every rollout that it bought from their prefixes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benchmarks.drawn import CORRECT, OTHER, OWN, UNKNOWN, Drawn
from stepmark.records import Rollout
from storage.rows import LabelledSolution
from storage.shards import read_shard

ByPrefix: TypeAlias = Mapping[tuple[str, int], Sequence[Rollout]]
"""Rollouts by solution and position, in the order of the draws."""


def rollouts_by_prefix(root: Path, annotator: str = "mc") -> ByPrefix:
    """Return the rollouts of an annotator."""
    by_prefix: dict[tuple[str, int], list[Rollout]] = defaultdict(list)
    for shard in sorted((root / "rollouts" / annotator).glob("*.parquet")):
        for rollout in sorted(read_shard(shard, Rollout), key=lambda rollout: rollout.draw):
            by_prefix[rollout.solution_id, rollout.position].append(rollout)
    return by_prefix


def recorded(
    row: LabelledSolution, first_error: int | None, drawn: ByPrefix, samples: int
) -> Drawn:
    """Return a solution of which every prefix has as many rollouts as the others.

    Args:
        row: the solution.
        first_error: the truth.
        drawn: the build's rollouts.
        samples: solutions that were sampled of each problem.
    """
    rollouts = [drawn[row.id, position] for position in range(len(row.steps))]
    return Drawn(
        problem=row.problem_id,
        steps=len(row.steps),
        outcome=row.outcome,
        first_error=first_error,
        ends=np.array([[_end(r) for r in its] for its in rollouts], dtype=np.int8),
        tokens=np.array([[r.completion_tokens for r in its] for its in rollouts]),
        reach=np.array([[r.reach for r in its] for its in rollouts]),
        free=samples - 1,
    )


def _end(rollout: Rollout) -> int:
    if rollout.outcome == "incorrect":
        return OWN if rollout.own else OTHER
    return CORRECT if rollout.outcome == "correct" else UNKNOWN
