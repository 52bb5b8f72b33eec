"""Rows as filters see them: labels by letter, counts by step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from filters.rows import COUNT_COLUMNS
from storage import shards
from storage.rows import LabelledSolution
from tests.fakes.labelled import a_row

NOWHERE = Path()

Drawn = tuple[int, ...]
"""Rollouts from a prefix: those that were right, those that were wrong, perhaps those unknown."""


def table(*rows: LabelledSolution, draws: Sequence[Sequence[Drawn]] | None = None) -> pa.Table:
    """Rows with the rollouts from the prefixes that end with each step; none without `draws`."""
    by_row = draws or [[()] * len(row.steps) for row in rows]
    made = shards.table_from(LabelledSolution, rows)
    for place, name in enumerate(COUNT_COLUMNS):
        lists = [[(*each, 0, 0, 0)[place] for each in its] for its in by_row]
        made = made.append_column(name, pa.array(lists, pa.list_(pa.int64())))
    return made


def many(*verdicts: str, **changes: Any) -> pa.Table:
    """Rows of one problem, written as letters."""
    return table(*(a_row(each, id=f"so_{n:032x}", **changes) for n, each in enumerate(verdicts)))


def why(block: Any, rows: pa.Table, fitted: Any = None) -> list[str | None]:
    """The reasons that a filter gives."""
    reasons: list[str | None] = block.decide(rows, fitted).to_pylist()
    return reasons


def fit_and_decide(block: Any, *tables: pa.Table) -> list[list[str | None]]:
    """The reasons for each shard, after a fit over all of them."""
    fitted = block.fit(iter(tables), NOWHERE)
    return [why(block, each, fitted) for each in tables]
