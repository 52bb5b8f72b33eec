"""Where the annotators of a build disagree: on the first errors of which solutions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Group
from rich.table import Table
from rich.text import Text

from flows.recipe_file import load_recipe
from stepmark.errors import StorageError
from storage.report.choice import disagree
from storage.report.said import Said, read_said

SHOWN = 20
NONE, UNKNOWN = "none", "unknown"
"""What an annotator is said to name that calls every step sound, or that leaves that open."""


def disagreements(root: Path) -> Group:
    """Return a table of the first such solutions, and how many there are.

    Raises:
        StorageError: the build has one annotator, or has labelled nothing yet.
    """
    names = list(load_recipe(str(root / "recipe.yaml"))[0].annotators)
    if len(names) == 1:
        raise StorageError(f"{names[0]} is the only annotator of {root}: nobody can disagree.")
    said = _said(root, names)
    differ = np.flatnonzero(disagree(said))
    first = [each.take(differ[:SHOWN]) for each in said]
    table = Table("solution", *names, box=None, pad_edge=False)
    for row in zip(first[0].solutions.to_pylist(), *map(words, first), strict=True):
        table.add_row(*row)
    text = (
        f"{len(differ):,} of {len(said[0].solutions):,} solutions: the annotators differ on the "
        "first error (steps count from 0)"
        f"{', the first of them above' if len(differ) > SHOWN else ''}."
    )
    return Group(table, Text(text))


def _said(root: Path, names: list[str]) -> list[Said]:
    """Return what each annotator says of the same solutions, in the order of names."""
    shards = sorted(path.name for path in (root / "labels").glob("*.parquet"))
    if not shards:
        raise StorageError(f"{root} has no labelled shard yet: continue the build.")
    return [
        read_said(root, name, (f"annotations/{name}/{shard}" for shard in shards)) for name in names
    ]


def words(said: Said) -> list[str]:
    """Return what an annotator says of the first error of each solution."""
    return [
        (str(index) if named else f"{index} or before") if has else NONE if named else UNKNOWN
        for index, has, named in zip(
            said.first_error.tolist(), said.has_error, said.named, strict=True
        )
    ]
