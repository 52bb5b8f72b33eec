"""Real draws of the practice policy: solutions with a wrong answer, their truth, and rollouts.

A build buys the rollouts from every prefix through a real vLLM server, more than any probe spends;
probes are then compared on these draws, each reading the first ones it asks for.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks.drawn import ROOT_DRAWS, Drawn
from benchmarks.practice.score import judge
from benchmarks.practice.world import rows as problem_rows
from benchmarks.recorded import recorded, rollouts_by_prefix
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.session import run_build, served
from flows.show import solutions

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
    rollouts = rollouts_by_prefix(root)
    wrong = (row for row in solutions(root) if row.outcome == "incorrect")
    return [
        recorded(item.row, item.first_wrong, rollouts, ROOT_DRAWS + 1)
        for item in judge(wrong)
        if item.first_wrong is not None
    ]
