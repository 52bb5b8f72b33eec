"""Real draws of the practice policy: solutions with a wrong answer, their truth, and rollouts.

A build buys the rollouts from every prefix through a real vLLM server, more than any probe spends;
probes are then compared on these draws, each reading the first ones it asks for.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console

from benchmarks.drawn import CORRECT, OTHER, OWN, ROOT_DRAWS, UNKNOWN, Drawn
from benchmarks.practice.score import Judged, judge
from benchmarks.practice.world import rows as problem_rows
from flows.recipe import load_recipe
from flows.runtime import Runtime
from flows.session import run_build, served
from flows.show import solutions
from stepmark.records import Rollout
from storage.shards import read_shard

NAME: Final = "practice"
FIRST_SEED: Final = 10_000
"""Of the problems: apart from those that ship and those the policy was trained on."""
DRAWS: Final = 40
"""Rollouts from every prefix."""
IN_FLIGHT: Final = 64


def gather(out: Path, problems: int, console: Console) -> Path:
    """Build solutions of fresh problems and rollouts from their prefixes; return the folder."""
    path = out / f"problems-{problems}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in problem_rows(problems, FIRST_SEED)))
    changes: dict[str, Any] = {
        "name": NAME,
        "problems.path": str(path.resolve()),
        "limit": None,
        "solve.samples": ROOT_DRAWS + 1,
        "annotators.mc.probe": {"method": "exhaustive", "draws": DRAWS, "root": DRAWS},
        "annotators.mc.right_answers": "drop",
        "splits": {"train": 1.0},
    }
    recipe, base = load_recipe("quickstart", changes)
    runtime = Runtime(out=out, base=base, concurrency=IN_FLIGHT)
    with served(recipe, runtime, out, console) as ready:
        run_build(recipe, ready, console)
    return out / NAME


def read(root: Path) -> list[Drawn]:
    """Return the solutions whose first wrong step is certain, in the order of their problems."""
    drawn = _by_prefix(root)
    wrong = (row for row in solutions(root) if row.outcome == "incorrect")
    return [_drawn(item, drawn) for item in judge(wrong) if item.first_wrong is not None]


def _by_prefix(root: Path) -> dict[tuple[str, int], list[Rollout]]:
    """Return the rollouts by solution and position, in the order of the draws."""
    by_prefix: dict[tuple[str, int], list[Rollout]] = defaultdict(list)
    for shard in sorted((root / "rollouts" / "mc").glob("*.parquet")):
        for rollout in sorted(read_shard(shard, Rollout), key=lambda rollout: rollout.draw):
            by_prefix[rollout.solution_id, rollout.position].append(rollout)
    return by_prefix


def _drawn(item: Judged, drawn: Mapping[tuple[str, int], Sequence[Rollout]]) -> Drawn:
    row = item.row
    rollouts = [drawn[row.id, position] for position in range(len(row.steps))]
    return Drawn(
        problem=row.problem_id,
        steps=len(row.steps),
        outcome=row.outcome,
        first_error=item.first_wrong,
        ends=np.array([[_end(r) for r in its] for its in rollouts], dtype=np.int8),
        tokens=np.array([[r.completion_tokens for r in its] for its in rollouts]),
        reach=np.array([[r.reach for r in its] for its in rollouts]),
    )


def _end(rollout: Rollout) -> int:
    if rollout.outcome == "incorrect":
        return OWN if rollout.own else OTHER
    return CORRECT if rollout.outcome == "correct" else UNKNOWN
