"""Real draws of the practice policy: solutions with a wrong answer, their truth, and rollouts.

A build buys the rollouts from every prefix through a real vLLM server, more than any probe spends;
probes are then compared on these draws, each reading the first ones it asks for.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
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
    ends, tokens = _by_prefix(root)
    return [
        _drawn(item, ends, tokens)
        for item in judge(row for row in solutions(root) if row.outcome == "incorrect")
        if item.first_wrong is not None
    ]


Prefix = tuple[str, int]
"""A solution and a position."""


def _by_prefix(root: Path) -> tuple[dict[Prefix, list[int]], dict[Prefix, list[int]]]:
    """Return how the draws from each prefix ended, and their lengths, in the order of the draws."""
    ends: dict[Prefix, list[int]] = defaultdict(list)
    tokens: dict[Prefix, list[int]] = defaultdict(list)
    for rollout in _rollouts(root):
        prefix = rollout.solution_id, rollout.position
        ends[prefix].append(_end(rollout))
        tokens[prefix].append(rollout.completion_tokens)
    return ends, tokens


def _rollouts(root: Path) -> Iterator[Rollout]:
    for shard in sorted((root / "rollouts" / "mc").glob("*.parquet")):
        yield from sorted(read_shard(shard, Rollout), key=lambda rollout: rollout.draw)


def _end(rollout: Rollout) -> int:
    if rollout.outcome == "incorrect":
        return OWN if rollout.own else OTHER
    return CORRECT if rollout.outcome == "correct" else UNKNOWN


def _drawn(item: Judged, ends: dict[Prefix, list[int]], tokens: dict[Prefix, list[int]]) -> Drawn:
    row = item.row
    prefixes: Iterable[Prefix] = [(row.id, p) for p in range(len(row.steps))]
    return Drawn(
        problem=row.problem_id,
        steps=len(row.steps),
        outcome=row.outcome,
        first_error=item.first_wrong,
        ends=np.array([ends[prefix] for prefix in prefixes], dtype=np.int8),
        tokens=np.array([tokens[prefix] for prefix in prefixes], dtype=np.int64),
    )
