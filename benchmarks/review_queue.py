"""What the review queue is worth: how many of a build's mistakes a person meets, by order.

    python -m benchmarks.review_queue                        # makes builds through a real vLLM
    python -m benchmarks.review_queue --builds FOLDER        # builds of practice problems below it
    python -m benchmarks.review_queue --problems 20 --out FOLDER

Practice problems say of every step whether it is right (benchmarks/practice/truth.py). A solution
whose labels name another first error than the truth is `wrong`; one whose labels name none and
leave steps open is `undecided`; the few whose truth cannot be read are left out of every order. For
each kind: the share that a reviewer meets in the first 10, 25 and 50 % of the solutions (in a
random order 10, 25 and 50 %); its `ratio` to a random order, which is also that of the mistakes
found per review; and how many they find `a_review`. Intervals of 95 % take solutions of one problem
together, and the order as given. The orders:

- `queue`: the one that `stepmark review queue` shows, with its checks of the surer half;
- `unfitted`: the same doubt, read with the posterior as the recipe has it;
- `opv`, `opv_unfitted`: 1 minus the largest share, instead of the share of what the labels say;
- `wrong_answers`: solutions with a wrong answer first, those with a right one after them;
- `best`: every mistake of the kind first.

The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.practice.truth import judge_steps
from benchmarks.practice.world import read_problem
from benchmarks.queue_builds import gather
from flows.recipe_file import load_recipe
from flows.review.doubt import Doubted, doubts
from flows.review.queue import in_turn
from flows.review.voices import fitted_hypers, own_hypers
from stepmark.ids import fraction_of
from stepmark.metrics.intervals import Estimate, ratio_of
from stepmark.records import Annotation, Outcome, Problem, Solution, Verdict
from storage.shards import read_shard

FIRST: Final = (0.1, 0.25, 0.5)
"""Parts of the queue that somebody looks at."""
KINDS: Final = ("wrong", "undecided")


class Case(NamedTuple):
    """A solution of a build beside its truth."""

    solution_id: str
    problem_id: str
    outcome: Outcome
    kind: str
    """`right`, `wrong` or `undecided`: what its labels are."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--builds", type=Path, help="folder of builds; without it they are made")
    parser.add_argument("--problems", type=int, default=160, help="problems of the builds made")
    parser.add_argument("--out", type=Path, help="keep the builds here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.builds or options.out or Path(scratch)
        if options.builds is None:
            gather(folder, options.problems)
        roots = sorted(path.parent for path in folder.glob("*/manifest.json"))
        print(json.dumps({root.name: measured(root) for root in roots}))


def measured(root: Path) -> dict[str, Any]:
    """Return the figures of one build."""
    known = {case.solution_id: case for case in cases(root)}
    result: dict[str, Any] = {"solutions": len(known)}
    result |= {kind: sum(case.kind == kind for case in known.values()) for kind in KINDS}
    for name, order in orders(root).items():
        result[name] = met([known[solution] for solution in order if solution in known])
    by_kind = {kind: sorted(known.values(), key=lambda c: c.kind != kind) for kind in KINDS}
    result["best"] = {kind: met(order).get(kind) for kind, order in by_kind.items()}
    return result


def cases(root: Path) -> Iterator[Case]:
    """Yield the solutions of a build whose first wrong step, or that there is none, is certain."""
    for shard in sorted((root / "labels").glob("*.parquet")):
        problems = {each.id: each for each in read_shard(root / "problems" / shard.name, Problem)}
        solved = {each.id: each for each in read_shard(root / "solutions" / shard.name, Solution)}
        for annotation in read_shard(shard, Annotation):
            solution = solved[annotation.solution_id]
            statement = problems[solution.problem_id].statement
            truths = judge_steps(read_problem(statement), solution.steps)
            ahead = truths[: named(truths)]
            if "undecided" not in ahead:
                kind = kind_of(annotation.verdicts, len(ahead))
                yield Case(solution.id, solution.problem_id, solution.outcome, kind)


def kind_of(verdicts: Sequence[Verdict], first_wrong: int) -> str:
    """Return what labels are, given the first wrong step, or the number of steps for none."""
    said = named(verdicts)
    if said == len(verdicts) and "unlabelled" in verdicts:
        return "undecided"
    return "right" if said == first_wrong else "wrong"


def named(verdicts: Sequence[str]) -> int:
    """Return the first step that is said to be incorrect, the number of steps for none."""
    return verdicts.index("incorrect") if "incorrect" in verdicts else len(verdicts)


def orders(root: Path) -> dict[str, list[str]]:
    """Return the ids of a build's solutions in every order."""
    recipe, _ = load_recipe(str(root / "recipe.yaml"))
    shards = sorted(path.stem for path in (root / "labels").glob("*.parquet"))
    fitted = list(doubts(root, recipe, shards, fitted_hypers(root, recipe, shards)))
    plain = list(doubts(root, recipe, shards, own_hypers(recipe)))
    wrong = {case.solution_id for case in cases(root) if case.outcome == "incorrect"}
    by_answer = [each._replace(doubt=float(each.solution_id in wrong)) for each in fitted]
    by_answer.sort(key=lambda each: (-each.doubt, fraction_of(each.solution_id)))
    return {
        "queue": _ids(in_turn(fitted)),
        "unfitted": _ids(in_turn(plain)),
        "opv": _ids(in_turn([_inconsistency(each) for each in fitted])),
        "opv_unfitted": _ids(in_turn([_inconsistency(each) for each in plain])),
        "wrong_answers": _ids(by_answer),
    }


def met(order: Sequence[Case]) -> dict[str, dict[str, Any]]:
    """Return what share of each kind somebody meets in the first parts of an order."""
    problems = [case.problem_id for case in order]
    hits = {kind: np.array([case.kind == kind for case in order], dtype=float) for kind in KINDS}
    return {
        kind: {f"{part:.0%}": _met(held, part, problems) for part in FIRST}
        for kind, held in hits.items()
        if held.any()
    }


def _met(held: np.ndarray[Any, Any], part: float, problems: Sequence[str]) -> dict[str, Any]:
    looked_at = np.arange(len(held)) < max(1, round(part * len(held)))
    linear = ratio_of(held * looked_at, held, problems)
    assert linear is not None
    share = linear.estimate
    ratio = Estimate(*(figure / looked_at.mean() for figure in share))
    return {
        "share": _rounded(share),
        "ratio": _rounded(ratio),
        "a_review": round(float(held[looked_at].mean()), 3),
    }


def _rounded(estimate: Estimate) -> list[float]:
    return [round(figure, 3) for figure in estimate]


def _inconsistency(doubted: Doubted) -> Doubted:
    """Return a solution with OPV's doubt: 1 minus the largest share."""
    if not doubted.voices:
        return doubted
    shares = np.mean(list(doubted.voices.values()), axis=0)
    return doubted._replace(doubt=1.0 - float(shares.max()))


def _ids(doubted: Iterator[Doubted] | Sequence[Doubted]) -> list[str]:
    return [each.solution_id for each in doubted]


if __name__ == "__main__":
    main()
