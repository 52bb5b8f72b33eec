"""Solutions of a build as a page shows them: steps, what everybody says of them, and on what.

Only the rows of the solutions asked for become records; shards are read one after the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from flows.show import evidence_line
from stepmark.records import (
    Annotation,
    Comparison,
    Critique,
    Finding,
    Problem,
    Rollout,
    Solution,
    StepLabel,
    Verdict,
)
from storage.manifest import Manifest
from storage.shards import read_table, records_of

Record = TypeVar("Record")

EVIDENCE: Final[Mapping[str, type[Any]]] = {
    "rollouts": Rollout,
    "critiques": Critique,
    "findings": Finding,
    "comparisons": Comparison,
}
"""Records of evidence by the stage that holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """One step with what is said of it."""

    text: str
    """The step."""
    verdict: Verdict
    """Of the data's labels."""
    note: str
    """What that rests on, in words."""
    value: float | None
    """Of the data's labels."""
    others: Mapping[str, Verdict]
    """What the other annotators say, by their names."""
    rollouts: Mapping[str, Sequence[Rollout]]
    """Draws from the prefix that ends with it, by annotator."""
    findings: Mapping[str, Finding]
    """What verifiers found, by annotator."""
    comparisons: Mapping[str, Sequence[Comparison]]
    """Comparisons of candidates for this step, by annotator."""

    @property
    def draws(self) -> dict[str, Sequence[Rollout]]:
        """The rollouts, once where several annotators read the same draws."""
        return _told_once(self.rollouts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One solution with everything that is stored about it."""

    solution: Solution
    """The attempt."""
    problem: Problem
    """What it attempts."""
    annotation: Annotation
    """The data's labels."""
    annotations: Mapping[str, Annotation]
    """Those of all annotators, by name."""
    steps: Sequence[ShownStep]
    """One a step."""
    root: Mapping[str, Sequence[Rollout]]
    """Draws from the bare problem, by annotator."""
    critiques: Mapping[str, Sequence[Critique]]
    """Judges' replies, by annotator."""

    @property
    def root_draws(self) -> dict[str, Sequence[Rollout]]:
        """Those from the bare problem, once where several annotators read the same draws."""
        return _told_once(self.root)

    @property
    def verdicts(self) -> frozenset[Verdict]:
        """The verdicts that the data's labels hold."""
        return frozenset(self.annotation.verdicts)


def shown(root: Path, manifest: Manifest, ids: Collection[str]) -> dict[str, Shown]:
    """Read solutions with all that a build stores about them.

    Args:
        root: the build.
        manifest: lists its shards.
        ids: of the solutions.

    Raises:
        StorageError: a shard is missing or damaged.
    """
    solutions = {s.id: s for s in _rows(root, manifest, "solutions", Solution, "id", ids)}
    wanted = {solution.problem_id for solution in solutions.values()}
    problems = {p.id: p for p in _rows(root, manifest, "problems", Problem, "id", wanted)}
    chosen = _by_solution(_rows(root, manifest, "labels", Annotation, "solution_id", ids))
    annotations = _of_all(root, manifest, "annotations", Annotation, ids)
    evidence = {
        stage: _of_all(root, manifest, stage, record, ids) for stage, record in EVIDENCE.items()
    }
    return {
        identifier: _shown(
            solution,
            problems[solution.problem_id],
            chosen[identifier][0],
            {name: of[identifier][0] for name, of in annotations.items()},
            {
                stage: {name: of.get(identifier, []) for name, of in by_name.items()}
                for stage, by_name in evidence.items()
            },
        )
        for identifier, solution in solutions.items()
    }


def _shown(
    solution: Solution,
    problem: Problem,
    annotation: Annotation,
    annotations: Mapping[str, Annotation],
    evidence: Mapping[str, Mapping[str, list[Any]]],
) -> Shown:
    rollouts = {name: _by_position(drawn) for name, drawn in evidence["rollouts"].items() if drawn}
    return Shown(
        solution=solution,
        problem=problem,
        annotation=annotation,
        annotations=annotations,
        steps=[
            ShownStep(
                text=solution.steps[index],
                verdict=label.verdict,
                note=_note(label, own=index == len(solution.steps) - 1),
                value=label.value,
                others={
                    name: other.labels[index].verdict
                    for name, other in annotations.items()
                    if name != annotation.annotator
                },
                rollouts={n: of[index + 1] for n, of in rollouts.items() if index + 1 in of},
                findings={
                    name: finding
                    for name, of in evidence["findings"].items()
                    for finding in of
                    if finding.step == index
                },
                comparisons={
                    name: found
                    for name, of in evidence["comparisons"].items()
                    if (found := [each for each in of if each.position == index])
                },
            )
            for index, label in enumerate(annotation.labels)
        ],
        root={name: of[0] for name, of in rollouts.items() if 0 in of},
        critiques={name: of for name, of in evidence["critiques"].items() if of},
    )


def _note(label: StepLabel, *, own: bool) -> str:
    """Say what a label rests on; its verdict stands beside it already."""
    if own and label.correct + label.incorrect == 1 and not label.unknown:
        return "its own answer decides"
    return evidence_line(label).removeprefix(label.verdict).strip(" :,()")


def _told_once(rollouts: Mapping[str, Sequence[Rollout]]) -> dict[str, Sequence[Rollout]]:
    """Join the names of annotators that read the same draws."""
    names: dict[tuple[tuple[str, int], ...], list[str]] = defaultdict(list)
    for name, drawn in rollouts.items():
        names[tuple((each.request, each.draw) for each in drawn)].append(name)
    return {", ".join(of): rollouts[of[0]] for of in names.values()}


def _by_position(drawn: Iterable[Rollout]) -> dict[int, list[Rollout]]:
    found: dict[int, list[Rollout]] = defaultdict(list)
    for rollout in sorted(drawn, key=lambda rollout: (rollout.position, rollout.draw)):
        found[rollout.position].append(rollout)
    return found


def _of_all(
    root: Path, manifest: Manifest, stage: str, record: type[Record], ids: Collection[str]
) -> dict[str, dict[str, list[Record]]]:
    """Return rows by annotator and solution of all annotators with a stage of this kind."""
    return {
        name.partition("/")[2]: _by_solution(
            _rows(root, manifest, name, record, "solution_id", ids)
        )
        for name in manifest.shards
        if name.startswith(f"{stage}/")
    }


def _by_solution(rows: Iterable[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for row in rows:
        found[row.solution_id].append(row)  # type: ignore[attr-defined]
    return found


def _rows(
    root: Path,
    manifest: Manifest,
    stage: str,
    record: type[Record],
    column: str,
    ids: Collection[str],
) -> Iterator[Record]:
    wanted = pa.array(sorted(ids), pa.string())
    for ref in manifest.shards.get(stage, ()):
        table = read_table(root / ref.path, record)
        yield from records_of(record, table.filter(pc.is_in(table[column], wanted)))
