"""Where the annotators of a build disagree: on the first errors of which solutions."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group
from rich.table import Table
from rich.text import Text

from flows.recipe_file import load_recipe
from stepmark.errors import StorageError
from storage.report.said import Said, read_said

SHOWN = 20
NONE, SILENT = "none", "unlabelled"
"""What an annotator is said to say that finds no error, or that labels no step."""


def disagreements(root: Path) -> Group:
    """Return a table of the first such solutions, and how many there are.

    Raises:
        StorageError: the build has one annotator, or has labelled nothing yet.
    """
    names = list(load_recipe(str(root / "recipe.yaml"))[0].annotators)
    if len(names) == 1:
        raise StorageError(f"{names[0]} is the only annotator of {root}: nobody can disagree.")
    said = _said(root, names)
    differ = {solution: each for solution, each in said.items() if len(set(each)) > 1}
    table = Table("solution", *names, box=None, pad_edge=False)
    for solution, each in list(differ.items())[:SHOWN]:
        table.add_row(solution, *each)
    told = (
        f"{len(differ):,} of {len(said):,} solutions: the annotators name different first errors "
        f"(steps count from 0){', the first of them above' if len(differ) > SHOWN else ''}."
    )
    return Group(table, Text(told))


def _said(root: Path, names: list[str]) -> dict[str, list[str]]:
    """Return what each annotator says of each solution, in the order of names."""
    shards = sorted(path.name for path in (root / "labels").glob("*.parquet"))
    if not shards:
        raise StorageError(f"{root} has no labelled shard yet: continue the build.")
    found: dict[str, list[str]] = {}
    for name in names:
        said = read_said(root, name, (f"annotations/{name}/{shard}" for shard in shards))
        for solution, told in zip(said.solutions.to_pylist(), words(said), strict=True):
            found.setdefault(solution, []).append(told)
    return found


def words(said: Said) -> list[str]:
    """Return what an annotator says of the first error of each solution."""
    return [
        SILENT if silent else str(index) if has else NONE
        for index, has, silent in zip(
            said.first_error.tolist(), said.has_error, said.silent, strict=True
        )
    ]
