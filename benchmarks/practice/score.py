"""Label accuracy against the exact truth of practice problems.

    python -m benchmarks.practice.score runs/quickstart

Verdicts are judged against the *correctness* of steps, which the language of the problems makes
exactly decidable. Steps whose text cannot be read are undecided: counted, and left out of every
share. Monte Carlo labels claim the *potential* of a prefix, so a step that is wrong but can still
be recovered from counts against them here, as it would against human labels.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.practice.truth import Truth, judge_steps
from benchmarks.practice.world import read_problem
from flows.show import solutions
from storage.rows import LabelledSolution


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How labels compare with the truth; shares are in [0, 1] and None without cases."""

    solutions: int
    """Solutions looked at."""
    steps: int
    """Steps whose truth is decided."""
    undecided: int
    """Steps whose text cannot be read exactly; left out."""
    unlabelled: float | None
    """Share of decided steps without a verdict."""
    step_accuracy: float | None
    """Share of labelled, decided steps whose verdict is true."""
    step_f1: float | None
    """F1 of the verdict `incorrect` over decided steps; an unlabelled wrong step is a miss."""
    with_error: int
    """Solutions whose first wrong step is certain."""
    first_error_exact: float | None
    """Share of them whose first error is labelled at exactly that step."""
    within_one: float | None
    """Share of them whose first error is labelled at most one step off."""
    false_alarms: float | None
    """Share of the solutions that are right throughout that are given a wrong step."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled solution beside its truth."""

    row: LabelledSolution
    truths: tuple[Truth, ...]

    @property
    def first_wrong(self) -> int | None:
        """Index of the first wrong step if it is certain, else None."""
        wrong = self.truths.index("incorrect") if "incorrect" in self.truths else None
        certain = wrong is not None and "undecided" not in self.truths[:wrong]
        return wrong if certain else None

    @property
    def sound(self) -> bool:
        """Whether every step is known to be right."""
        return set(self.truths) == {"correct"}


def judge(rows: Iterable[LabelledSolution]) -> list[Judged]:
    """Set each row beside the truth of its steps."""
    return [
        Judged(row=row, truths=judge_steps(read_problem(row.problem), row.steps)) for row in rows
    ]


def score(judged: list[Judged]) -> Score:
    """Compare verdicts with the truth."""
    pairs = [
        (verdict, truth)
        for item in judged
        for verdict, truth in zip(item.row.verdicts, item.truths, strict=True)
        if truth != "undecided"
    ]
    labelled = [(v, t) for v, t in pairs if v != "unlabelled"]
    offsets = [
        None if item.row.first_error is None else abs(item.row.first_error - item.first_wrong)
        for item in judged
        if item.first_wrong is not None
    ]
    sound = [item for item in judged if item.sound]
    return Score(
        solutions=len(judged),
        steps=len(pairs),
        undecided=sum(item.truths.count("undecided") for item in judged),
        unlabelled=_share(len(pairs) - len(labelled), len(pairs)),
        step_accuracy=_share(sum(v == t for v, t in labelled), len(labelled)),
        step_f1=_f1(pairs),
        with_error=len(offsets),
        first_error_exact=_share(offsets.count(0), len(offsets)),
        within_one=_share(offsets.count(0) + offsets.count(1), len(offsets)),
        false_alarms=_share(sum(i.row.first_error is not None for i in sound), len(sound)),
    )


def _f1(pairs: Sequence[tuple[str, Truth]]) -> float | None:
    """F1 of `incorrect`: 2 TP / (2 TP + FP + FN)."""
    hits = sum(v == t == "incorrect" for v, t in pairs)
    said = sum(v == "incorrect" for v, _ in pairs)
    true = sum(t == "incorrect" for _, t in pairs)
    return _share(2 * hits, said + true)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def table(result: Score) -> Table:
    """Return the score as a table for people."""
    shown = Table(title="Labels against the exact truth", box=None, show_header=False)
    shown.title_justify = "left"
    rows = {
        "steps judged": f"{result.steps} ({result.undecided} more cannot be read)",
        "label accuracy": _percent(result.step_accuracy),
        "F1 of wrong steps": _percent(result.step_f1),
        "steps unlabelled": _percent(result.unlabelled),
        "first error exact": f"{_percent(result.first_error_exact)} of {result.with_error}",
        "first error within one": f"{_percent(result.within_one)} of {result.with_error}",
        "right solutions accused": _percent(result.false_alarms),
    }
    for name, value in rows.items():
        shown.add_row(name, value)
    return shown


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def main() -> None:
    """Print the score of a build of practice problems."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="folder of a build of practice problems")
    result = score(judge(solutions(parser.parse_args().folder)))
    Console().print(table(result))
    print(json.dumps(dataclasses.asdict(result)))


if __name__ == "__main__":
    main()
