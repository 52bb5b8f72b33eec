"""The probes on a real model: solutions of GSM8K problems, and prefix values as their reference.

    python -m benchmarks.real_model --problems gsm8k_test.jsonl --model ./Qwen2.5-0.5B-Instruct
    python -m benchmarks.real_model … --replay docs/real-model    from the ledger of an earlier run

The solutions are of problems that the model solves sometimes: of four some are right and some
wrong. Every prefix gets 24 rollouts through a real vLLM server: the probes read the first eight,
the value of the other sixteen is the reference, so no draw is on both sides. There is no truth
beside it: a prefix that none of sixteen draws recovers from counts as dead, and the first dead
prefix as the first error. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console

from annotators.probes import Adaptive, Binary, Exhaustive
from annotators.rules import Posterior
from benchmarks.contest import Probe, counts_seen, first_errors, published, spend
from benchmarks.drawn import CORRECT, UNKNOWN, Drawn
from benchmarks.recorded import recorded, rollouts_by_prefix
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.session import run_build, served
from flows.show import solutions
from stepmark.counts import FloatArray
from stepmark.ledger.export import restore
from stepmark.ledger.folder import Folder
from stepmark.metrics.intervals import wilson
from stepmark.posterior import read_many

NAME: Final = "real-model"
SAMPLES: Final = 4
PROBED, REFERENCE = 8, 16
"""Draws of a prefix that the probes may read, and that the reference rests on."""
IN_FLIGHT: Final = 8
"""Requests at once: a batch of 192 fills a small machine, and answers are kept as they come."""
PROBES: Final[dict[str, tuple[Probe, Posterior | None]]] = {
    "exhaustive": (Exhaustive(method="exhaustive", draws=8), None),
    "binary": (Binary(method="binary", draws=8), None),
    "posterior on exhaustive": (
        Exhaustive(method="exhaustive", draws=8),
        Posterior(method="posterior"),
    ),
    "posterior on binary": (Binary(method="binary", draws=8), Posterior(method="posterior")),
    "adaptive:8": (
        Adaptive(method="adaptive", budget=PROBED, root=SAMPLES - 1),
        Posterior(method="posterior"),
    ),
}
"""With the default hyper-parameters: a dozen solutions are no pilot."""


def main() -> None:
    """Build, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--problems", type=Path, required=True, help="GSM8K's test set")
    parser.add_argument("--model", required=True)
    parser.add_argument("--limit", type=int, default=7, help="problems that are tried")
    parser.add_argument("--solutions", type=int, default=12)
    parser.add_argument("--out", type=Path, help="keep the build here")
    parser.add_argument("--replay", help="exported ledger to take the draws from: asks no model")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        out = options.out or Path(scratch)
        runtime = Runtime(out=out, concurrency=IN_FLIGHT, offline=options.replay is not None)
        if options.replay:
            restore(Folder.make(runtime.ledger), options.replay)
        root = gather(runtime, options.problems, options.model, options.limit)
        rollouts = rollouts_by_prefix(root)
        rows = list(solutions(root))[: options.solutions]
        print(json.dumps(compare([recorded(row, None, rollouts, SAMPLES) for row in rows])))


def gather(runtime: Runtime, problems: Path, model: str, limit: int) -> Path:
    """Build solutions of problems that are sometimes solved, and rollouts from every prefix."""
    changes: dict[str, Any] = {
        "name": NAME,
        "limit": limit,
        "problems.path": str(problems.resolve()),
        "policies.solver.model": model,
        "policies.solver.max_model_len": 2048,
        "solve.samples": SAMPLES,
        "solve.max_tokens": 512,
        "solve.keep": "both_outcomes",
        "annotators.mc.probe": {
            "method": "exhaustive",
            "draws": PROBED + REFERENCE,
            "root": PROBED + REFERENCE,
        },
        "splits": {"train": 1.0},
        "shard_problems": limit,
    }
    console = Console(stderr=True)
    recipe, base = load_recipe("math-shepherd", changes)
    with served(recipe, replace(runtime, base=base), runtime.out, console) as ready:
        run_build(recipe, ready, console)
    return runtime.out / NAME


def compare(drawn: Sequence[Drawn]) -> dict[str, Any]:
    """Return what each probe makes of the first draws, beside the reference of the others."""
    probed = [_part(solution, slice(0, PROBED)) for solution in drawn]
    values = [_values(_part(solution, slice(PROBED, None))) for solution in drawn]
    wrong = [n for n, solution in enumerate(drawn) if solution.outcome == "incorrect"]
    reference = {n: _first_dead(values[n]) for n in wrong}
    eight = [_values(_part(solution, slice(0, 8))) for solution in drawn]
    apart = np.concatenate([a[1:] - b[1:] for a, b in zip(eight, values, strict=True)])
    return {
        "solutions": len(drawn),
        "wrong": len(wrong),
        "outcomes": [solution.outcome for solution in drawn],
        "reference_values": [[round(float(v), 2) for v in its] for its in values],
        "reference_first_errors": [reference.get(n) for n in range(len(drawn))],
        "rmse_of_eight_draws": round(float(np.sqrt(np.nanmean(apart**2))), 3),
        "probes": {
            name: _figures([probed[n] for n in wrong], [reference[n] for n in wrong], probe, rule)
            for name, (probe, rule) in PROBES.items()
        },
    }


def _part(solution: Drawn, draws: slice) -> Drawn:
    """Return a solution with some of its draws alone."""
    return replace(
        solution,
        ends=solution.ends[:, draws],
        tokens=solution.tokens[:, draws],
        reach=solution.reach[:, draws],
    )


def _values(solution: Drawn) -> FloatArray:
    """Return the share of right ones among gradable draws, by position: float64[steps]."""
    right = (solution.ends == CORRECT).sum(axis=1)
    graded = (solution.ends != UNKNOWN).sum(axis=1)
    unknown = np.full(len(right), np.nan)
    return np.asarray(np.divide(right, graded, out=unknown, where=graded > 0))


def _first_dead(values: FloatArray) -> int:
    """Return the step that ends the first prefix without success, else the last step."""
    dead = np.flatnonzero(values[1:] == 0)
    return int(dead[0]) if dead.size else len(values) - 1


def _figures(
    solutions: Sequence[Drawn], reference: Sequence[int], probe: Probe, rule: Posterior | None
) -> dict[str, Any]:
    sources = spend(probe, solutions)
    counts = counts_seen(sources)
    if rule is None:
        answers = first_errors(published(counts), counts)
        decided = len(answers)
    else:
        posteriors = read_many(rule.hyper, counts)
        answers = [int(first_error.argmax()) for first_error in posteriors]
        decided = sum(bool(p.max() >= rule.threshold) for p in posteriors)
    same = [answer == expected for answer, expected in zip(answers, reference, strict=True)]
    paid = np.array([source.paid() for source in sources])
    return {
        "first_errors": answers,
        "as_reference": sum(same),
        "as_reference_95": [round(v, 2) for v in wilson(sum(same) / len(same), len(same))],
        "decided": decided,
        "rollouts_per_solution": round(float(paid[:, 0].mean()), 1),
        "tokens_per_solution": round(float(paid[:, 1].mean())),
    }


if __name__ == "__main__":
    main()
