"""Rows with some of their steps joined to the one before: what both augmentations do."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa

from filters.rows import COUNT_COLUMNS, steps_of, still_bracketed, with_columns
from stepmark import ragged
from stepmark.counts import BoolArray, FloatArray, IntArray
from stepmark.ids import content_id
from stepmark.labels import CORRECT, INCORRECT, NEUTRAL, UNLABELLED, CodeArray, verdicts_of

Label = Literal["worst", "last"]
"""What the verdict of joined steps is: the worst of theirs, or that of the last."""

_WORSE: Final = np.array([CORRECT, NEUTRAL, UNLABELLED, INCORRECT], dtype=np.int8)
"""Verdicts, the worse the later: not knowing is worse than neutral, an error settles it."""


def merged(rows: pa.Table, begins: BoolArray, label: Label) -> pa.Table:
    """Return rows in which every step that does not begin one is joined to the step before it.

    What is measured of the prefix that ends with a step is that of the last one joined. A row that
    changes gets an id of its own, made of its old one and of what was joined.

    Args:
        rows: filters/rows.py.
        begins: bool[steps]; true at the first step of every row.
        label: what becomes of the verdicts.
    """
    steps = steps_of(rows)
    starts = np.flatnonzero(begins)
    lasts = np.append(starts[1:], len(begins))[: len(starts)] - 1
    owner = ragged.owners(steps.offsets)
    lengths = np.bincount(owner[starts], minlength=rows.num_rows)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    verdicts = _worst(steps.verdicts, starts) if label == "worst" else steps.verdicts[lasts]
    interpolated = steps.interpolated[lasts]
    if label == "worst" and len(starts):
        interpolated = np.logical_or.reduceat(steps.interpolated, starts)
    errors = ragged.first(verdicts == INCORRECT, offsets)
    found = errors < lengths
    at, before = (offsets[:-1] + errors)[found], (steps.offsets[:-1] + steps.first_error)[found]
    alone = np.zeros(rows.num_rows, dtype=np.bool_)
    alone[found] = (starts[at] == before) & (lasts[at] == before)
    columns: dict[str, Any] = {
        "id": pa.array(_ids(rows, begins, steps.offsets), pa.string()),
        "steps": pa.array(_joined(rows, starts, lasts), pa.string()),
        "verdicts": verdicts_of(verdicts),
        "values": _measured(_values(rows, steps.values, starts, lasts, label)),
        "interpolated": pa.array(interpolated),
        "first_error": pa.array(errors, mask=~found),
        "bracketed": still_bracketed(rows, found, alone),
    }
    for name in ("step_policies", *COUNT_COLUMNS):
        columns[name] = rows[name].combine_chunks().flatten().take(pa.array(lasts))
    return with_columns(rows, columns, offsets)


def _worst(verdicts: CodeArray, starts: IntArray) -> CodeArray:
    if not len(starts):
        return verdicts
    rank = np.argsort(_WORSE).astype(np.int8)[verdicts]
    worst: CodeArray = _WORSE[np.maximum.reduceat(rank, starts)]
    return worst


def _values(
    rows: pa.Table, values: FloatArray, starts: IntArray, lasts: IntArray, label: Label
) -> FloatArray:
    """Return the value of the longer prefix, or the least where a value is that of a step alone."""
    if label == "last" or not len(starts) or rows["semantics"][0].as_py() == "potential":
        return values[lasts]
    return np.minimum.reduceat(values, starts)


def _measured(values: FloatArray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _joined(rows: pa.Table, starts: IntArray, lasts: IntArray) -> list[str]:
    texts: Sequence[str] = rows["steps"].combine_chunks().flatten().to_pylist()
    return ["".join(texts[first : last + 1]) for first, last in zip(starts, lasts, strict=True)]


def _ids(rows: pa.Table, begins: BoolArray, offsets: IntArray) -> list[str]:
    """Return the id of each row, another one where steps were joined."""
    ids: list[str] = rows["id"].to_pylist()
    joined = [np.flatnonzero(~begins[a:b]).tolist() for a, b in itertools.pairwise(offsets)]
    return [
        content_id("so", old, its) if its else old for old, its in zip(ids, joined, strict=True)
    ]
