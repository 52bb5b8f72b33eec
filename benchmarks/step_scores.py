r"""Four published PRMs and the equation verifier on 16,000 solutions: agreement, best of 32.

    python -m benchmarks.step_scores --data ../shared/data/rollouts --out runs/step-scores

Joins the problems of StrictPRMBench's GSM8K pool to the step scores (`OUT/solutions.jsonl`, which
is also what `stepmark evaluate --scores` and the recipe `prm-scores` read), builds the recipe, and
prints the manifest's agreement matrix. Best of 32: of the solutions of a problem the one that a
model likes best, by its least, last, or multiplied step scores; where several are liked alike, what
choosing among them gives on average. The verifier likes solutions without a wrong equation. Answers
are graded by the build; the pool's own flag, which compares the last number, stands beside that.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from annotators.scored import Scored
from filters.agreement import cohen
from flows.recipe import Recipe
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.session import run_build
from stepmark.counts import BoolArray, FloatArray, IntArray
from stepmark.labels import CORRECT, INCORRECT
from stepmark.metrics.intervals import Hits
from stepmark.metrics.steps import roc_auc
from stepmark.records import Annotation, Solution
from storage.atomic import write_text_whole
from storage.shards import read_table

POOL: Final = "strictprm_gsm8k_bon32.jsonl.gz"
SCORES: Final = "strictprm_gsm8k_prm_step_scores.jsonl.gz"
LOWEST: Final = 0.05
"""Share of its steps that a model is made to call incorrect, to compare models by rank."""
Aggregate = Callable[[FloatArray, IntArray], FloatArray]
AGGREGATES: Final[dict[str, Aggregate]] = {
    "least": np.minimum.reduceat,
    "last": lambda values, starts: values[np.append(starts[1:], len(values)) - 1],
    "product": np.multiply.reduceat,
}
"""What a solution's step scores come to: of float64[steps] cut at int64[solutions]."""


def main() -> None:
    """Join, build, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the two files")
    parser.add_argument("--out", type=Path, required=True, help="the joined file and the build")
    parser.add_argument("--problems", type=int, help="first so many problems; all unless given")
    options = parser.parse_args()
    rows = joined(options.data, options.problems)
    path = options.out / "solutions.jsonl"
    write_text_whole(path, "".join(json.dumps(row) + "\n" for row in rows))
    recipe, base = load_recipe("prm-scores", {"solutions.path": str(path.resolve())})
    runtime = Runtime(out=options.out, base=base)
    manifest = run_build(recipe, runtime, Console(stderr=True))
    root = options.out / recipe.name
    chosen, equal = best_of(root, recipe, rows), at_equal_shares(root, recipe)
    print_tables(manifest.agreement or {}, chosen)
    figures = {"solutions": len(rows), "agreement": manifest.agreement, "equal_shares": equal}
    print(json.dumps(figures | chosen))


def joined(data: Path, problems: int | None = None) -> list[dict[str, Any]]:
    """Return the scored solutions with the statements, references and outcomes of the pool."""
    pool = {row["id"]: row for row in list(read(data / POOL))[:problems]}
    return [
        {
            "id": f"{row['id']}-{row['i']}",
            "question": pool[row["id"]]["question"],
            "gold": pool[row["id"]]["gold"],
            "correct": pool[row["id"]]["candidates"][row["i"]]["correct"],
            **{key: value for key, value in row.items() if key not in {"id", "i"}},
        }
        for row in read(data / SCORES)
        if row["id"] in pool
    ]


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def best_of(root: Path, recipe: Recipe, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how often the solution that each annotator likes best is right, by problem."""
    shards = sorted(path.name for path in (root / "solutions").glob("*.parquet"))
    outcomes = _column(root / "solutions", shards, Solution, "outcome")
    right = pc.equal(outcomes, "correct").to_numpy()
    draws = _column(root / "solutions", shards, Solution, "draw").to_numpy()
    problems = np.array([row["question"] for row in rows])[draws - 1]
    figures: dict[str, Any] = {
        "right": float(right.mean()),
        "right_by_last_number": float(np.mean([row["correct"] for row in rows])),
        "any_right": _any(right, problems),
    }
    for name in recipe.annotators:
        values, starts = _values(root / "annotations" / name, shards)
        figures[name] = {
            each: _figures(aggregate(values, starts), problems, right)
            for each, aggregate in AGGREGATES.items()
        }
    return figures


def at_equal_shares(root: Path, recipe: Recipe) -> dict[str, float]:
    """Return the kappa of each pair of models when each calls its lowest 5 % of steps incorrect.

    Ties at the threshold are all called so.
    """
    shards = sorted(path.name for path in (root / "solutions").glob("*.parquet"))
    models = [name for name, each in recipe.annotators.items() if isinstance(each, Scored)]
    verdicts = {}
    for name in models:
        values, _ = _values(root / "annotations" / name, shards)
        low = values <= np.quantile(values, LOWEST)
        verdicts[name] = np.where(low, INCORRECT, CORRECT).astype(np.int8)
    return {
        f"{a} ~ {b}": round(cohen(verdicts[a], verdicts[b]), 4)
        for a, b in itertools.combinations(models, 2)
    }


def _values(folder: Path, shards: list[str]) -> tuple[FloatArray, IntArray]:
    """Return the step values of an annotator, and where those of each solution start.

    A step without a value counts as right: a verifier that has nothing to check finds no fault.
    """
    labels = _column(folder, shards, Annotation, "labels")
    values = pc.struct_field(pc.list_flatten(labels), "value")
    starts = np.cumsum([0, *pc.list_value_length(labels).to_pylist()])[:-1]
    return pc.fill_null(values, 1.0).to_numpy(), starts


def _column(folder: Path, shards: list[str], record: type, column: str) -> pa.ChunkedArray:
    return pa.concat_tables([read_table(folder / s, record, [column]) for s in shards])[column]


def _figures(scores: FloatArray, problems: Any, right: BoolArray) -> dict[str, Any]:
    hits = [
        right[of][scores[of] == scores[of].max()].mean()
        for of in (np.flatnonzero(problems == each) for each in np.unique(problems))
    ]
    auc = roc_auc(scores, right, problems)
    return {
        "best_of": list(Hits(np.array(hits), np.arange(len(hits)).astype(str)).share),
        "auc": auc and list(auc),
    }


def _any(right: BoolArray, problems: Any) -> float:
    return float(np.mean([right[problems == each].any() for each in np.unique(problems)]))


def print_tables(agreement: Mapping[str, Any], chosen: Mapping[str, Any]) -> None:
    """Print the figures as Markdown."""
    print(
        "| pair | kappa | same first error or none | first earlier | second earlier | not known |"
    )
    print("|---|---|---|---|---|---|")
    for pair, kappa in agreement.get("kappa", {}).items():
        counts = " | ".join(f"{each:,}" for each in agreement["first_error"][pair].values())
        print(f"| {pair} | {'' if kappa is None else f'{kappa:.3f}'} | {counts} |")
    for figure in ("right", "right_by_last_number", "any_right"):
        print(f"\n{figure} {chosen[figure]:.4f}")
    print("\n| annotator | scores | best of 32 | AUC of right answers |")
    print("|---|---|---|---|")
    for name, each in chosen.items():
        for how, found in each.items() if isinstance(each, dict) else ():
            print(f"| {name} | {how} | {_percent(found['best_of'])} | {_percent(found['auc'])} |")


def _percent(figure: list[float]) -> str:
    value, low, high = (f"{100 * each:.1f}" for each in figure)
    return f"{value} [{low}–{high}]"


if __name__ == "__main__":
    main()
