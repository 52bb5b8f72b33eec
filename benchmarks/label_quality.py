"""Label quality of each probe on the practice policy, against the exact truth.

    python -m benchmarks.label_quality            about 50 minutes on two cores
    python -m benchmarks.label_quality --all      the simulated worlds and Game24 as well
    python -m benchmarks.label_quality --problems 20 --build-problems 5 --potential-problems 2

Three measurements, all through a real vLLM server:

- `practice`: every probe on the same real draws of the same solutions with a wrong answer, at
  matched rollouts (benchmarks/contest.py says what is measured, benchmarks/practice/evidence.py
  where the draws are from). The pilot that the posterior is fitted on is of other problems.
- `builds`: exhaustive, binary, adaptive and the tree as builds of the shipped problems, right
  answers too.
- `values`: the value of eight draws beside the potential estimated from 256 others.

Rollouts and tokens are those *used*, whoever bought them. The last line is JSON.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.contest import contest
from benchmarks.practice import evidence
from benchmarks.practice.score import judge, score
from benchmarks.simulated_quality import measure_all
from flows.recipe import Recipe
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.session import run_build, served
from flows.show import solutions
from stepmark.records import Rollout
from storage.rows import LabelledSolution
from storage.shards import read_shard

DRAWS = 8
POTENTIAL_DRAWS = 256
TYPICAL = 18
"""Rollouts that the binary search spends on a wrong solution of the practice policy."""
PILOT_PART = 8
"""The part of the problems that is the pilot: the model was made while looking at these."""
PROBES: dict[str, dict[str, Any]] = {
    "exhaustive": {"probe": {"method": "exhaustive", "draws": DRAWS}, "right_answers": "probe"},
    "binary": {"probe": {"method": "binary", "draws": DRAWS}, "right_answers": "assume_correct"},
    "adaptive": {
        # The quickstart samples four solutions: three other draws from each problem come for free.
        "probe": {"method": "adaptive", "budget": 2 * DRAWS, "root": 3},
        "rule": {"method": "posterior"},
        "right_answers": "probe",
    },
    "adaptive_likeliest": {  # the same draws; labels wherever one first error is likelier than not
        "probe": {"method": "adaptive", "budget": 2 * DRAWS, "root": 3},
        "rule": {"method": "posterior", "threshold": 0.5},
        "right_answers": "probe",
    },
    "tree": {"probe": {"method": "searched"}, "right_answers": "drop"},
}
SEARCH = {"method": "omegaprm", "draws": DRAWS, "searches": 8, "split": "step"}
"""OmegaPRM's tree for `tree`: its searched wrong rollouts are the solutions that are judged."""


def main() -> None:
    """Build, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--problems", type=int, default=480, help="problems of `practice`")
    parser.add_argument("--build-problems", type=int, default=60)
    parser.add_argument("--potential-problems", type=int, default=8)
    parser.add_argument("--out", type=Path, help="keep the builds here")
    parser.add_argument("--all", action="store_true", help="measure the simulated worlds too")
    parser.add_argument("--simulated-solutions", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        out = options.out or Path(scratch)
        figures: dict[str, Any] = {evidence.NAME: practice(out, options.problems)}
        figures |= builds(out, options.build_problems, options.potential_problems)
    if options.all:
        figures |= measure_all(options.simulated_solutions)
    print(json.dumps(figures))


def practice(out: Path, problems: int) -> dict[str, Any]:
    """Compare the probes on real draws; the pilot is an eighth of the problems, and apart."""
    drawn = evidence.read(evidence.gather(out, problems, Console()))
    names = list(dict.fromkeys(solution.problem for solution in drawn))
    fitted_on = set(names[: math.ceil(len(names) / PILOT_PART)])
    return contest(
        [solution for solution in drawn if solution.problem in fitted_on],
        [solution for solution in drawn if solution.problem not in fitted_on],
        TYPICAL,
    )


def builds(out: Path, problems: int, potential_problems: int) -> dict[str, Any]:
    """Build every variant with one server and return the figures."""
    console = Console()
    first, base = _recipe("exhaustive", problems, PROBES["exhaustive"])
    runtime = Runtime(out=out, base=base)
    with served(first, runtime, out, console) as ready:
        for name, block in PROBES.items():
            run_build(_recipe(name, problems, block)[0], ready, console)
        soft = {"probe": {"method": "exhaustive", "draws": DRAWS + POTENTIAL_DRAWS}}
        run_build(_recipe("potential", potential_problems, soft)[0], ready, console)
    return {
        "builds": {name: _figures(out / name) for name in PROBES},
        "values": _values(out / "potential"),
    }


def _recipe(name: str, problems: int, annotator: dict[str, Any]) -> tuple[Recipe, Path]:
    overrides = {"name": name, "limit": problems}
    overrides |= {f"annotators.mc.{key}": value for key, value in annotator.items()}
    if annotator["probe"]["method"] == "searched":
        overrides["solve.search"] = SEARCH
    return load_recipe("quickstart", overrides)


def _figures(root: Path) -> dict[str, float | int | None]:
    rows = list(solutions(root))
    result = dataclasses.asdict(score(judge(rows)))
    return result | _costs(rows)


def _costs(rows: list[LabelledSolution]) -> dict[str, float]:
    """Rollouts and tokens a solution: over all, and over those with a wrong answer alone."""
    wrong = [row for row in rows if row.outcome == "incorrect"]
    return {
        "rollouts_per_solution": _mean([row.rollouts for row in rows]),
        "tokens_per_solution": _mean([row.completion_tokens for row in rows]),
        "rollouts_per_wrong_solution": _mean([row.rollouts for row in wrong]),
        "tokens_per_wrong_solution": _mean([row.completion_tokens for row in wrong]),
    }


def _values(root: Path) -> dict[str, float | int]:
    """Compare the value of the first 8 draws with the potential from the other 256."""
    drawn: dict[tuple[str, int], list[Rollout]] = {}
    for shard in sorted((root / "rollouts" / "mc").glob("*.parquet")):
        for rollout in read_shard(shard, Rollout):
            drawn.setdefault((rollout.solution_id, rollout.position), []).append(rollout)
    values, potentials = [], []
    for rollouts in drawn.values():
        in_order = [r.outcome == "correct" for r in sorted(rollouts, key=lambda r: r.draw)]
        values.append(np.mean(in_order[:DRAWS]))
        potentials.append(np.mean(in_order[DRAWS:]))
    value, potential = np.array(values), np.array(potentials)
    noise = float(np.mean(potential * (1 - potential) / DRAWS))
    return {
        "solutions": len({solution for solution, _ in drawn}),
        "prefixes": len(value),
        "draws": POTENTIAL_DRAWS,
        "mean_potential": float(potential.mean()),
        "bias": float((value - potential).mean()),
        "rmse": float(np.sqrt(np.mean((value - potential) ** 2))),
        "rmse_of_eight_perfect_draws": math.sqrt(noise),
        "reachable_called_dead": float(np.mean((value == 0) & (potential > 0))),
    }


def _mean(values: list[int]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    main()
