"""Builds of practice problems whose review queue is measured (benchmarks/review_queue.py).

The probes of benchmarks/label_quality.py, right answers too, on problems that neither training nor
any other measurement looks at; and the exhaustive one beside a verifier, for a queue in which two
annotators have a voice. The tree is left out: its solutions are others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks.label_quality import PROBES
from benchmarks.practice.world import rows as problem_rows
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.session import run_build, served

FIRST_SEED: Final = 20_000
"""Of the problems: apart from those of benchmarks/practice/evidence.py, on which orders were
chosen."""
VERIFIER: Final = {"method": "verifier", "verifier": {"method": "equations"}}
IN_FLIGHT: Final = 64


def changes(problems: Path) -> dict[str, dict[str, Any]]:
    """Return what each build changes in the quickstart recipe, by its name."""
    fixed: dict[str, Any] = {
        "problems.path": str(problems.resolve()),
        "limit": None,
        "splits": {"train": 1.0},
    }
    probes = {
        name: fixed | {f"annotators.mc.{key}": value for key, value in block.items()}
        for name, block in PROBES.items()
        if block["probe"]["method"] != "searched"
    }
    return probes | {"with_equations": probes["exhaustive"] | {"annotators.equations": VERIFIER}}


def gather(out: Path, problems: int) -> None:
    """Build every variant below a folder, through one vLLM server."""
    path = out / f"problems-{problems}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in problem_rows(problems, FIRST_SEED)))
    console = Console()
    recipes = [load_recipe("quickstart", {"name": n, **c}) for n, c in changes(path).items()]
    first, base = recipes[0]
    runtime = Runtime(out=out, base=base, concurrency=IN_FLIGHT)
    with served(first, runtime, out, console) as ready:
        for recipe, _ in recipes:
            run_build(recipe, ready, console)
