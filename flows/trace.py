"""What a solution's labels rest on: rollouts with their completions, findings, or reviews."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flows.kinds import FINDINGS, REVIEWS, kind_of
from flows.recipe_file import load_recipe
from stepmark.engines.protocol import Completion
from stepmark.errors import StorageError
from stepmark.ledger import Ledger
from stepmark.ledger.folder import Folder
from stepmark.records import Annotation, Finding, Review, Rollout, Solution, StepLabel
from storage.rows import LabelledSolution
from storage.shards import read_shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A rollout and what was written in it."""

    rollout: Rollout
    """How it ended."""
    completion: Completion | None
    """What the ledger has at its address; null for a draw that was never delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A labelled solution with everything behind its labels."""

    row: LabelledSolution
    """The data row."""
    annotation: Annotation
    """The labels it carries."""
    solution: Solution
    """The attempt itself."""
    written_by: Completion | None
    """The completion that the solution is; null for one that was given."""
    evidence: dict[int, tuple[Evidence, ...]]
    """Rollouts by how many steps their prefix has, by draw; 0 is the bare problem."""
    prover: dict[int, tuple[Evidence, ...]]
    """Those of the prover that the rule reads beside them, likewise; empty without a prover."""
    findings: dict[int, Finding]
    """What a verifier found, by the index of the step; empty for other annotators."""
    reviews: tuple[Review, ...]
    """What people said, by name; empty for other annotators."""


def trace(root: Path, row: LabelledSolution, ledger: Path) -> Trace:
    """Gather what a data row's labels rest on.

    Raises:
        StorageError: shards or the ledger are missing or damaged.
        RecipeError: the build's recipe is missing or of another version.
    """
    shard, solution = _solution(root, row)
    labels = read_shard(root / "labels" / shard, Annotation)
    recipe, _ = load_recipe(str(root / "recipe.yaml"))
    drawing, annotator = recipe.monte_carlo.get(row.annotator), recipe.annotators.get(row.annotator)
    kind = None if annotator is None else kind_of(annotator)
    if drawing is None and kind not in (FINDINGS, REVIEWS):
        folder = "annotations" if kind is None else kind.folder
        raise StorageError(
            f"The labels of {row.id} are from {row.annotator}, which drew no rollouts of its own. "
            f"What they rest on is in {root / folder}."
        )
    prover = drawing.prover if drawing else None
    Folder.open(ledger)  # a ledger that is not there is not made
    with closing(Ledger(ledger)) as kept:
        own = _found(kept, row.problem_id, solution.request, solution.draw)
        evidence = _evidence(kept, _drawn(root, row.annotator, shard, row.id)) if drawing else {}
        seen = _evidence(kept, _drawn(root, prover, shard, row.id)) if prover else {}
    return Trace(
        row=row,
        annotation=next(a for a in labels if a.solution_id == row.id),
        solution=solution,
        written_by=own,
        evidence=evidence,
        prover=seen,
        findings=_findings(root, row.annotator, shard, row.id) if kind is FINDINGS else {},
        reviews=_reviews(root, row.annotator, shard, row.id) if kind is REVIEWS else (),
    )


def follows_from(labels: Sequence[StepLabel], index: int) -> int | None:
    """Return the measured step that an interpolated label follows from.

    A step is taken to be sound before the last step that was measured to be, and broken after the
    first error. The measured label may itself be withheld from the data, as one after the first
    error. None means that no step was measured: the solution's answer is right, and the recipe
    takes that as proof.
    """
    verdict = labels[index].verdict
    measured = [i for i, label in enumerate(labels) if _measured(label) == verdict]
    if verdict == "incorrect":
        return next((i for i in measured if i < index), None)
    return next((i for i in reversed(measured) if i > index), None)


def _measured(label: StepLabel) -> str | None:
    """Return what was measured at a step, also where the label is withheld after an error."""
    if label.interpolated:
        return None
    withheld = label.reason == "after_first_error" and label.correct > 0
    return "correct" if withheld else label.verdict


def _solution(root: Path, row: LabelledSolution) -> tuple[str, Solution]:
    for path in sorted((root / "solutions").glob("*.parquet")):
        for solution in read_shard(path, Solution):
            if solution.id == row.id:
                return path.name, solution
    raise StorageError(f"{root / 'solutions'} does not hold {row.id}, though the data does.")


def _drawn(root: Path, annotator: str, shard: str, solution_id: str) -> list[Rollout]:
    rollouts = read_shard(root / "rollouts" / annotator / shard, Rollout)
    return [rollout for rollout in rollouts if rollout.solution_id == solution_id]


def _findings(root: Path, annotator: str, shard: str, solution_id: str) -> dict[int, Finding]:
    findings = read_shard(root / FINDINGS.folder / annotator / shard, Finding)
    return {finding.step: finding for finding in findings if finding.solution_id == solution_id}


def _reviews(root: Path, annotator: str, shard: str, solution_id: str) -> tuple[Review, ...]:
    reviews = read_shard(root / REVIEWS.folder / annotator / shard, Review)
    return tuple(review for review in reviews if review.solution_id == solution_id)


def _evidence(ledger: Ledger, drawn: Sequence[Rollout]) -> dict[int, tuple[Evidence, ...]]:
    by_position: dict[int, list[Evidence]] = {}
    for rollout in sorted(drawn, key=lambda rollout: (rollout.position, rollout.draw)):
        completion = _found(ledger, rollout.problem_id, rollout.request, rollout.draw)
        found = Evidence(rollout=rollout, completion=completion)
        by_position.setdefault(rollout.position, []).append(found)
    return {position: tuple(found) for position, found in by_position.items()}


def _found(ledger: Ledger, problem_id: str, address: str, draw: int) -> Completion | None:
    return ledger.find(problem_id, address, (draw,)).get(draw) if address else None
