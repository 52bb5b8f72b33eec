"""What the data rows are made of: how many right and wrong, where the errors are, whose problems.

A reward model learns the shares it is shown; whoever trains one wants to see them first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from storage.shards import ShardRef

NO_ERROR = "none"
LATE = 10
"""Positions of first errors from here on are counted together."""
COLUMNS = ("outcome", "first_error", "source")


def balance(root: Path, refs: Iterable[ShardRef]) -> dict[str, dict[str, int]]:
    """Count the rows of data shards by outcome, by first error (an index from 0), by source."""
    seen: dict[str, Counter[Any]] = {column: Counter() for column in COLUMNS}
    for ref in refs:
        table = pq.read_table(root / ref.path, columns=list(COLUMNS))
        for column in COLUMNS:
            seen[column].update(_counts(table[column]))
    return {
        "outcomes": dict(sorted(seen["outcome"].items())),
        "first_errors": _positions(seen["first_error"]),
        "sources": dict(sorted(seen["source"].items())),
    }


def _positions(counts: Counter[int | None]) -> dict[str, int]:
    told: Counter[str] = Counter()
    for index in sorted(counts, key=lambda index: -1 if index is None else index):
        name = NO_ERROR if index is None else str(index) if index < LATE else f"{LATE} or later"
        told[name] += counts[index]
    return dict(told)


def _counts(column: pa.ChunkedArray) -> dict[Any, int]:
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(column).to_pylist()}
