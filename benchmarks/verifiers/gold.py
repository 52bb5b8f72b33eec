"""Solutions whose first wrong step people have found, and how verdicts compare with that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from stepmark.records import Verdict


class Gold(NamedTuple):
    """A solution that people judged."""

    id: str
    """Its id in the file, or its line."""
    problem: str
    """The statement."""
    steps: tuple[str, ...]
    """Its steps."""
    first_error: int | None
    """Index from 0 of the first step that people call wrong; None if there is none."""
    consistent: bool = True
    """False where no step is called wrong and the answer is, or the reverse."""


def processbench(path: Path) -> list[Gold]:
    """Read ProcessBench (arXiv 2412.06559): a JSON array, label −1 for no error."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [_gold(row["id"], row["problem"], row["steps"], row["label"]) for row in rows]


def bigbench_mistake(path: Path) -> list[Gold]:
    """Read BIG-Bench-Mistake (arXiv 2311.08516): lines, mistake_index null for no error."""
    return [
        _gold(str(line), row["input"], row["steps"], row["mistake_index"])._replace(
            consistent=(row["mistake_index"] is None) == (row["answer"] == row["target"])
        )
        for line, row in enumerate(_rows(path))
    ]


def prm800k(path: Path) -> list[Gold]:
    """Read decoded PRM800K ratings: lines, first_error −1 for no error."""
    return [
        _gold(row["id"], row["problem"], row["steps"], row["first_error"]) for row in _rows(path)
    ]


def prmbench(path: Path) -> list[Gold]:
    """Read PRMBench (arXiv 2501.03124): error_steps counted from 1."""
    return [
        _gold(
            row["idx"],
            row["question"],
            row["modified_process"],
            min(row["error_steps"], default=0) - 1,
        )
        for row in _rows(path)
    ]


def mr_gsm8k(path: Path) -> list[Gold]:
    """Read MR-GSM8K (arXiv 2312.17080), wrong solutions only: first step counted from 1."""
    return [
        _gold(
            row["uuid"],
            row["question"],
            row["model_output_steps"],
            row["model_output_solution_first_error_step"] - 1,
        )
        for row in _rows(path)
    ]


FILES: dict[str, tuple[str, Callable[[Path], list[Gold]]]] = {
    "processbench_gsm8k": ("processbench_gsm8k.json", processbench),
    "multistep_arithmetic": ("bigbench_mistake_multistep_arithmetic.jsonl", bigbench_mistake),
    "mr_gsm8k_wrong": ("mr_gsm8k_wrong590.jsonl", mr_gsm8k),
    "prm800k": ("prm800k_val_decoded.jsonl", prm800k),
    "prmbench": ("prmbench_subset394.jsonl", prmbench),
}


def measured(gold: Sequence[Gold], verdicts: Sequence[Sequence[Verdict]]) -> dict[str, Any]:
    """Return how verdicts compare with people's first errors.

    `at_or_after` are solutions whose first `incorrect` step is the human's first error or a later
    one; `precision_at_or_after` is their share among the solutions with an `incorrect` step, and
    `recall` among those with a human error. `first_exact` is the share of solutions with an
    `incorrect` step in which it is the human's first error. `same_first_error` is the share of all
    solutions with some labelled step in which both name the same first error, or none. `coverage`
    is the share of steps with a verdict.
    """
    firsts = [next((i for i, v in enumerate(vs) if v == "incorrect"), None) for vs in verdicts]
    called = [(one.first_error, first) for one, first in zip(gold, firsts, strict=True)]
    flagged = [(human, first) for human, first in called if first is not None]
    after = sum(human is not None and first >= human for human, first in flagged)
    wrong = sum(one.first_error is not None for one in gold)
    steps = [verdict for each in verdicts for verdict in each]
    labelled = sum(verdict != "unlabelled" for verdict in steps)
    some = [pair for pair, vs in zip(called, verdicts, strict=True) if set(vs) != {"unlabelled"}]
    return {
        "solutions": len(gold),
        "human_errors": wrong,
        "flagged": len(flagged),
        "at_or_after": after,
        "precision_at_or_after": _share(after, len(flagged)),
        "recall": _share(after, wrong),
        "first_exact": _share(sum(h == f for h, f in flagged), len(flagged)),
        "same_first_error": _share(sum(h == f for h, f in some), len(some)),
        "covered_solutions": _share(len(some), len(gold)),
        "coverage": _share(labelled, len(steps)),
        "abstained": _share(len(steps) - labelled, len(steps)),
    }


def _gold(name: str, problem: str, steps: Sequence[str], error: int | None) -> Gold:
    return Gold(name, problem, tuple(steps), None if error is None or error < 0 else error)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
