"""Finished builds on disk without a flow: any solutions, any annotators, any evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stepmark.records import (
    Annotation,
    Comparison,
    Critique,
    Finding,
    Problem,
    Reject,
    Rollout,
    Solution,
    Verdict,
    first_error,
)
from storage.manifest import Manifest, describe, write_manifest
from storage.rows import Dropped, LabelledSolution
from storage.shards import write_shard
from tests.fakes.factories import a_label, a_problem, an_annotation

VERDICTS: dict[str, Verdict] = {"C": "correct", "I": "incorrect", "?": "unlabelled", "N": "neutral"}
RECORDS: dict[str, type[Any]] = {
    "rollouts": Rollout,
    "critiques": Critique,
    "findings": Finding,
    "comparisons": Comparison,
}


def says(
    solution: Solution, letters: str, values: Sequence[float | None] = (), **changes: Any
) -> Annotation:
    """`CI?N` stands for a correct, an incorrect, an unlabelled and a neutral step."""
    verdicts = tuple(VERDICTS[letter] for letter in letters)
    each = values or [{"correct": 1.0, "incorrect": 0.0}.get(verdict) for verdict in verdicts]
    labels = [
        a_label(
            verdict=verdict,
            value=value,
            reason="undecided" if verdict == "unlabelled" else None,
        )
        for verdict, value in zip(verdicts, each, strict=True)
    ]
    error = first_error(verdicts)
    about = {"solution_id": solution.id, "problem_id": solution.problem_id}
    found = {"first_error": error, "bracketed": None if error is None else True}
    return an_annotation(labels, **about, **found, **changes)


def a_build(
    root: Path,
    solutions: Sequence[Solution],
    said: Mapping[str, Sequence[Annotation]],
    *,
    labels: str | Sequence[Annotation] | None = None,
    problems: Sequence[Problem] | None = None,
    dropped: Sequence[Dropped] = (),
    shards: int = 1,
    **evidence: Mapping[str, Sequence[Any]],
) -> Manifest:
    """Write a finished build and return its manifest.

    Args:
        root: its folder.
        solutions: all of them.
        said: annotations by annotator, one a solution and in their order.
        labels: whose labels the data carries, or these labels; the first annotator's by default.
        problems: by default one, which all solutions attempt.
        dropped: what is in no row.
        shards: how many shards the solutions are cut into.
        evidence: rows by annotator, for each stage of `RECORDS`.
    """
    named = {name: [_by(name, each) for each in of] for name, of in said.items()}
    if labels is None or isinstance(labels, str):
        labels = named[labels or next(iter(named))]
    size = -(-len(solutions) // shards) or 1
    rows: dict[str, tuple[type[Any], Sequence[Any], int]] = {
        "problems": (Problem, problems or [a_problem()], len(problems or [1])),
        "rejects": (Reject, [], 1),
        "solutions": (Solution, solutions, size),
        **{
            f"{stage}/{name}": (RECORDS[stage], of, len(of) or 1)
            for stage, by_name in evidence.items()
            for name, of in by_name.items()
        },
        **{f"annotations/{name}": (Annotation, of, size) for name, of in named.items()},
        "labels": (Annotation, labels, size),
        "dropped": (Dropped, dropped, len(dropped) or 1),
        "data/train": (LabelledSolution, [], 1),
    }
    refs = {
        stage: [
            write_shard(root, f"{stage}/{number:05d}.parquet", record, of[start : start + cut])
            for number, start in enumerate(range(0, max(1, len(of)), cut))
        ]
        for stage, (record, of, cut) in rows.items()
    }
    (root / "recipe.yaml").write_text(f"name: {root.name}\n", encoding="utf-8")
    manifest = describe(root, name=root.name, recipe="re_0", policies={}, shards=refs)
    write_manifest(root, manifest)
    return manifest


def _by(name: str, annotation: Annotation) -> Annotation:
    return replace(annotation, annotator=name)
