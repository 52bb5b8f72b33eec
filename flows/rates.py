"""How often the annotators of a finished build err: what a recipe weighs them by.

On gold it is counted; without gold it follows from their disagreement, after Dawid and Skene
(filters/reliability.py), which takes them for independent. Either stands in the next recipe as
plain numbers: what steers buying must not change while it buys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from filters.reliability import MISSING
from filters.reliability import fit as fit_reliability
from stepmark.errors import StorageError
from stepmark.gold import Gold
from stepmark.posterior import Confusion, fit_confusion
from stepmark.records import Annotation, Problem, Solution
from storage.manifest import read_manifest
from storage.shards import read_shard

CLASSES: Final = {"correct": 0, "neutral": 0, "incorrect": 1}
"""Classes of Dawid and Skene by verdict; what is unlabelled is no vote."""
MOST_SURE: Final = 0.999
"""A fitted rate is kept within this and its complement: nobody is infallible."""
Text = tuple[str, tuple[str, ...]]


class Rated(NamedTuple):
    """What was found out about each annotator, and on how much."""

    rates: dict[str, Confusion]
    solutions: int
    """Solutions that were counted."""


def on_gold(root: Path, gold: Sequence[Gold]) -> Rated:
    """Count how often the annotators of a build of gold solutions err.

    Solutions are matched by problem and steps, white space around them apart.

    Raises:
        StorageError: no solution of the build is among the gold ones.
    """
    truth = {_text(each.problem, each.steps): each.first_error for each in gold}
    problems = {problem.id: problem.statement for problem in _all(root, "problems", Problem)}
    known = {
        solution.id: truth[text]
        for solution in _all(root, "solutions", Solution)
        if (text := _text(problems[solution.problem_id], solution.steps)) in truth
    }
    if not known:
        raise StorageError(
            f"None of the solutions in {root} is among the gold ones: build a recipe whose "
            "`solutions` are the gold file's first."
        )
    rates = {
        name: fit_confusion(
            [(a.verdicts, known[a.solution_id]) for a in annotations if a.solution_id in known]
        )
        for name, annotations in _annotations(root).items()
    }
    return Rated(rates, len(known))


def from_disagreement(root: Path) -> Rated:
    """Estimate how often the annotators of a build err from where they differ.

    Steps after the first one that an annotator calls incorrect are no votes of it. Without gold
    nobody knows which wrong step comes first: `at` is of all of them, and `after` is put at
    `before`, so that one oversight is not counted at every later step again.

    Raises:
        StorageError: the build has fewer than three annotators: two that differ do not say which
            of them errs.
    """
    annotations = _annotations(root)
    if len(annotations) < 3:  # noqa: PLR2004 (two cannot outvote each other)
        raise StorageError(
            f"{root} has the annotators {sorted(annotations)}: at least three are needed where no "
            "gold says who errs. Give --gold."
        )
    votes = np.stack([_votes(each) for each in annotations.values()], axis=1)
    fitted = fit_reliability(votes[(votes != MISSING).any(axis=1)], 2)
    kept = np.clip(fitted.confusion[:, :, 1], 1 - MOST_SURE, MOST_SURE).tolist()
    rates = {
        name: Confusion(before=alarms, at=hits, after=alarms)
        for name, (alarms, hits) in zip(annotations, kept, strict=True)
    }
    return Rated(rates, len(next(iter(annotations.values()))))


def as_block(rates: Mapping[str, Confusion]) -> dict[str, dict[str, float]]:
    """Return rates as a recipe's `witnesses` block."""
    return {
        name: {key: round(value, 3) for key, value in asdict(each).items()}
        for name, each in rates.items()
    }


def _text(problem: str, steps: Sequence[str]) -> Text:
    return problem.strip(), tuple(step.strip() for step in steps)


def _annotations(root: Path) -> dict[str, list[Annotation]]:
    if read_manifest(root) is None:
        raise StorageError(f"{root} holds no finished build.")
    folders = sorted(path for path in (root / "annotations").iterdir() if path.is_dir())
    return {path.name: _all(root, f"annotations/{path.name}", Annotation) for path in folders}


def _all(root: Path, folder: str, record: type[Any]) -> list[Any]:
    shards = sorted((root / folder).glob("*.parquet"))
    return [row for shard in shards for row in read_shard(shard, record)]


def _votes(annotations: Sequence[Annotation]) -> np.ndarray:
    """Return the vote of an annotator on each step, int8[steps]."""
    votes = []
    for annotation in annotations:
        error = annotation.first_error
        for step, verdict in enumerate(annotation.verdicts):
            heard = error is None or step <= error
            votes.append(CLASSES.get(verdict, MISSING) if heard else MISSING)
    return np.array(votes, dtype=np.int8)
