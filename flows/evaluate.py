"""Evaluation: annotators label gold solutions in a build of given ones, and gold is compared.

A build is named by what it depends on, so the same evaluation again continues or finds it finished,
and another one, of other solutions or settings, gets a folder of its own. All share the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from filters.consensus import CONSENSUS
from flows.check import check
from flows.recipe import Recipe
from flows.recipe_file import parse_recipe
from flows.runtime import Runtime
from flows.session import run_build, served
from flows.subject import NOT_IN_NAMES, Subject
from stepmark.errors import ProblemError
from stepmark.gold import Gold
from stepmark.ids import content_id
from stepmark.metrics import Figures, measure
from stepmark.metrics.figures import SolutionLabels
from stepmark.problems.open_source import read_file
from stepmark.problems.rows import BadRow
from stepmark.records import Annotation, Solution
from storage.atomic import write_text_whole
from storage.manifest import Manifest
from storage.shards import read_shard

ALL: Final = "all"
"""What the whole of a file goes by, beside its subsets."""


class Evaluated(NamedTuple):
    """What evaluating on one file gave."""

    figures: Mapping[str, Mapping[str, Figures]]
    """By annotator, and then by subset; all of them together first."""
    rejected: Mapping[str, int]
    """Solutions that no build takes, by reason; the annotators count as silent on them."""
    agreement: Mapping[str, Any] | None
    """How far the annotators agree with each other, as the build's manifest has it."""


def evaluate(
    subject: Subject, files: Mapping[str, Sequence[Gold]], runtime: Runtime, console: Console
) -> dict[str, Evaluated]:
    """Have gold solutions labelled and compare.

    Args:
        subject: by whom.
        files: solutions by the name of their file, one at least.
        runtime: where, and with whose servers.
        console: told how far it is.

    Raises:
        ProblemError: a file gives no reference answers, and an annotator labels by them.
    """
    for name, gold in files.items():
        _check_references(subject, name, gold)
    recipes = {
        name: recipe_of(subject, name, gold, runtime.out / "gold") for name, gold in files.items()
    }
    for recipe in recipes.values():
        check(recipe, runtime)  # before a server is started for any of them
    first = next(iter(recipes.values()))
    with served(first, runtime, runtime.out, console) as ready:
        return {name: _on(subject, recipes[name], files[name], ready, console) for name in files}


def agree(
    subject: Subject, path: Path, limit: int | None, runtime: Runtime, console: Console
) -> Mapping[str, Any]:
    """Have the solutions of a file of step scores labelled; return how far all annotators agree.

    Raises:
        ProblemError: the file has no column of problems, or its problems have no reference answer
            and an annotator labels by it.
    """
    columns = _columns(path)
    statement = next((name for name in ("problem", "question") if name in columns), None)
    if statement is None:
        raise ProblemError(
            f"{path.name} has the columns {', '.join(columns)}, and no `problem` or `question`: "
            "join the statements to it (docs/evaluation.md)."
        )
    if subject.needing_reference:
        raise ProblemError(
            f"The annotator {subject.needing_reference[0]!r} labels steps by a reference answer: "
            "build a recipe with it and the scores beside it (configs/prm-scores.yaml)."
        )
    solutions = {"path": str(path.resolve()), "statement": statement, "steps": "steps"}
    build = _named(subject, path.name, [str(path.resolve()), str(limit)])
    plain = {"name": build, "solutions": solutions, "limit": limit, **subject.plain}
    recipe = parse_recipe(plain, f"{subject.said} on {path.name}")
    manifest = run_build(recipe, runtime, console, quiet=True)
    return manifest.agreement or {}


def recipe_of(subject: Subject, name: str, gold: Sequence[Gold], folder: Path) -> Recipe:
    """Write a file's solutions as problems that a build reads; return the recipe of that build."""
    referenced = bool(subject.needing_reference)
    lines = [_line(one, referenced=referenced) for one in gold]
    kinds = {one.kind for one in gold}
    build = _named(subject, name, lines)
    path = folder / f"{build}.jsonl"
    write_text_whole(path, "".join(lines))
    solutions = {
        "path": str(path.resolve()),
        "statement": "problem",
        "steps": "steps",
        "id": "id",
        "reference": "reference" if referenced else None,
        "kind": kinds.pop() if len(kinds) == 1 else "text",
        "max_bad_share": 1.0,
    }
    plain = {"name": build, "solutions": solutions, **subject.plain}
    return parse_recipe(plain, f"{subject.said} on {name}")


def _on(
    subject: Subject, recipe: Recipe, gold: Sequence[Gold], runtime: Runtime, console: Console
) -> Evaluated:
    console.print(f"{recipe.name}: {len(gold):,} solutions", markup=False, highlight=False)
    manifest = run_build(recipe, runtime, console, quiet=True)
    root = runtime.out / recipe.name
    return Evaluated(
        figures={name: by_subset(gold, _said(root, name, len(gold))) for name in subject.names},
        rejected=_rejected(manifest),
        agreement=manifest.agreement,
    )


def by_subset(gold: Sequence[Gold], said: Sequence[SolutionLabels]) -> dict[str, Figures]:
    """Measure all solutions, and each subset if there are several."""
    figures = {ALL: measure(gold, said)}
    subsets = sorted({one.subset for one in gold})
    for subset in subsets if len(subsets) > 1 else ():
        chosen = [place for place, one in enumerate(gold) if one.subset == subset]
        figures[subset] = measure([gold[p] for p in chosen], [said[p] for p in chosen])
    return figures


def _said(root: Path, name: str, solutions: int) -> list[SolutionLabels]:
    """Return what an annotator says of each line of the file, in order."""
    folder = "labels" if name == CONSENSUS else f"annotations/{name}"
    places = {one.id: one.draw - 1 for one in _read(root / "solutions", Solution)}
    said = [SolutionLabels((), ())] * solutions
    for annotation in _read(root / folder, Annotation):
        values = tuple(label.value for label in annotation.labels)
        said[places[annotation.solution_id]] = SolutionLabels(annotation.verdicts, values)
    return said


def _read(folder: Path, record: type[Any]) -> list[Any]:
    return [row for shard in sorted(folder.glob("*.parquet")) for row in read_shard(shard, record)]


def _rejected(manifest: Manifest) -> dict[str, int]:
    lost: dict[str, int] = dict(manifest.counts["rejected"])
    return lost


def _check_references(subject: Subject, name: str, gold: Sequence[Gold]) -> None:
    missing = [one.id for one in gold if one.reference is None]
    if missing and subject.needing_reference:
        raise ProblemError(
            f"{name}: {len(missing):,} of {len(gold):,} solutions, {missing[0]!r} first, have no "
            f"reference answer, and the annotator {subject.needing_reference[0]!r} labels steps by "
            "it: evaluate it on a file that has them, or evaluate another annotator."
        )


def _columns(path: Path) -> list[str]:
    row = next(read_file(path), None)
    return [] if row is None or isinstance(row.content, BadRow) else list(row.content)


def _line(one: Gold, *, referenced: bool) -> str:
    row: dict[str, Any] = {"id": one.id, "problem": one.problem, "steps": one.steps}
    if referenced:
        row["reference"] = one.reference
    return json.dumps(row, ensure_ascii=False) + "\n"


def _named(subject: Subject, file: str, lines: Sequence[str]) -> str:
    """Name a build by its annotators and solutions, and by a hash of both and of scores beside."""
    said, of = (NOT_IN_NAMES.sub("-", Path(each).name.lower()) for each in (subject.said, file))
    digest = content_id("ev", subject.plain, subject.files, lines).partition("_")[2]
    return f"gold-{said.strip('-')[:18]}-{of.strip('-')[:24]}-{digest[:10]}"
