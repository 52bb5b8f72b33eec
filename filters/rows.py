"""What filters read: the rows of a build's data, with the counts that their labels rest on.

A table of `storage.rows.LabelledSolution`, one row a solution, and beside its columns three lists
of a number a step, `COUNT_COLUMNS`: how the rollouts from the prefix that ends with it ended. The
solutions of one problem are always in one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepmark import ragged
from stepmark.counts import BoolArray, FloatArray, IntArray
from stepmark.labels import INCORRECT, UNLABELLED, VERDICTS, CodeArray, codes_of

COUNT_COLUMNS: Final = ("correct", "incorrect", "unknown")
"""Columns beside those of the data, int64 lists of an entry a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The labels of many solutions, one entry a step."""

    offsets: IntArray
    """int64[rows + 1]: where each row's steps start."""
    verdicts: CodeArray
    """int8[steps], codes of `stepmark.labels.VERDICTS`."""
    values: FloatArray
    """float64[steps] in [0, 1], NaN where nothing was measured."""
    interpolated: BoolArray
    """bool[steps]: the verdict follows from other steps' evidence."""
    correct: IntArray
    """int64[steps]: rollouts that reached the reference answer."""
    incorrect: IntArray
    """int64[steps]: rollouts that reached another answer."""

    @property
    def labelled(self) -> BoolArray:
        """Which steps have a verdict, bool[steps]."""
        result: BoolArray = self.verdicts != UNLABELLED
        return result

    @property
    def graded(self) -> IntArray:
        """Rollouts that are known to be right or wrong, int64[steps]."""
        return self.correct + self.incorrect

    @property
    def first_error(self) -> IntArray:
        """Index of each row's first incorrect step, its number of steps without one."""
        return ragged.first(self.verdicts == INCORRECT, self.offsets)

    @property
    def lengths(self) -> IntArray:
        """How many steps each row has, int64[rows]."""
        return ragged.lengths(self.offsets)


def steps_of(rows: pa.Table) -> Steps:
    """Lay the labels of rows out as arrays."""
    lengths = pc.list_value_length(rows["steps"]).to_numpy().astype(np.int64)
    return Steps(
        offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        verdicts=codes_of(_flat(rows, "verdicts"), VERDICTS),
        values=_flat(rows, "values").to_numpy().astype(np.float64),
        interpolated=_flat(rows, "interpolated").to_numpy().astype(np.bool_),
        correct=_flat(rows, "correct").to_numpy().astype(np.int64),
        incorrect=_flat(rows, "incorrect").to_numpy().astype(np.int64),
    )


def numbers(rows: pa.Table, column: str) -> FloatArray:
    """Return a column of numbers, float64[rows], NaN where it is null."""
    result: FloatArray = rows[column].cast(pa.float64()).to_numpy().astype(np.float64)
    return result


def equals(rows: pa.Table, column: str, text: str) -> BoolArray:
    """Return in which rows a column of text is `text`, bool[rows]."""
    same = pc.fill_null(pc.equal(rows[column], text), fill_value=False)
    result: BoolArray = same.to_numpy().astype(np.bool_)
    return result


def groups_of(rows: pa.Table) -> IntArray:
    """Return a number for each row that rows of the same problem share, int64[rows]."""
    ids = rows["problem_id"]
    result: IntArray = pc.index_in(ids, pc.unique(ids)).to_numpy().astype(np.int64)
    return result


def _flat(rows: pa.Table, column: str) -> Any:
    """Return the entries of a column of lists, one a step."""
    return pc.list_flatten(rows[column])


def any_step(holds: BoolArray, offsets: IntArray) -> BoolArray:
    """Return in which rows something holds of a step, bool[rows]."""
    result: BoolArray = ragged.first(holds, offsets) < ragged.lengths(offsets)
    return result


def still_bracketed(rows: pa.Table, wrong: BoolArray, same: BoolArray) -> pa.Array:
    """Return whether the first errors of altered rows are measured from both sides.

    Args:
        rows: as they were, one for each altered one.
        wrong: bool[rows], which ones have a first error now.
        same: bool[rows], where that is the step that it was, and nothing was joined to it.
    """
    known = pc.and_(pc.fill_null(rows["bracketed"], fill_value=False), pa.array(same))
    return pc.if_else(pa.array(wrong), known, pa.scalar(None, pa.bool_()))


def with_columns(rows: pa.Table, columns: Mapping[str, Any], offsets: IntArray) -> pa.Table:
    """Return the rows with some columns replaced.

    Args:
        rows: as many as the columns are for.
        columns: Arrow arrays, an entry a row, or an entry a step where the column is one of lists.
        offsets: int64[rows + 1], where each row's steps start.
    """
    for name, column in columns.items():
        field = rows.schema.field(name)
        if pa.types.is_list(field.type):
            flat = _whole(column).cast(field.type.value_type)
            places = pa.array(offsets.astype(np.int32))
            made = pa.ListArray.from_arrays(places, flat, type=field.type)
        else:
            made = _whole(column).cast(field.type)
        rows = rows.set_column(rows.schema.get_field_index(name), field, made)
    return rows


def _whole(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
