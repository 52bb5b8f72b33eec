"""Rows of CSV and Parquet files and of data sets, a few at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from stepmark.errors import ProblemError
from stepmark.problems.rows import BadRow, Row, shown
from stepmark.problems.source import ProblemSource

_BATCH_ROWS: Final = 256


def read_csv(stream: TextIO, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows under the header line, which must name `columns`."""
    reader = csv.reader(stream, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        message = f"the header line is broken: {error}"
        raise ProblemError(message) from error
    if header:
        require_columns(columns, header)
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Row(
                number, BadRow(reason="broken_csv", detail=f"{error}, near line {reader.line_num}")
            )
            continue
        if cells:
            number += 1
            yield Row(number, _named(header, cells))


def _named(header: list[str], cells: list[str]) -> dict[str, object] | BadRow:
    if len(cells) != len(header):
        detail = f"{len(cells)} cells under {len(header)} columns: {shown(cells)}"
        return BadRow(reason="broken_csv", detail=detail)
    return dict(zip(header, cells, strict=True))


def require_columns(wanted: Sequence[str], present: Sequence[str]) -> None:
    """Raise ProblemError when a column is missing, naming those that exist."""
    missing = [column for column in wanted if column not in present]
    if missing:
        message = f"there is no column {shown(missing[0])}; it has {', '.join(present)}"
        raise ProblemError(message)


def read_parquet(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a Parquet file, reading only `columns`."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            require_columns(columns, file.schema_arrow.names)
            start = 1
            for batch in file.iter_batches(_BATCH_ROWS, columns=list(columns)):
                for index in range(batch.num_rows):
                    yield Row(start + index, _arrow_row(batch.slice(index, 1)))
                start += batch.num_rows
    except pa.ArrowException as error:
        message = f"the Parquet file is damaged: {error}"
        raise ProblemError(message) from error


def _arrow_row(row: object) -> dict[str, object] | BadRow:
    try:
        content: dict[str, object] = row.to_pylist()[0]  # type: ignore[attr-defined]
    except UnicodeDecodeError as error:
        return BadRow(reason="not_utf8", detail=str(error))
    return content


def read_data_set(source: ProblemSource, location: str) -> Iterator[Row]:
    """Yield the rows of a folder or a Hub data set, streamed."""
    import datasets

    troubles = (datasets.exceptions.DatasetsError, OSError, ValueError)
    with _data_set_troubles(troubles):
        rows = datasets.load_dataset(
            location,
            source.name,
            split=source.split or "train",
            revision=source.revision,
            streaming=True,
        )
        if rows.column_names is not None:
            require_columns(source.columns, rows.column_names)
        for number, content in enumerate(rows, start=1):
            yield Row(number, content)


@contextmanager
def _data_set_troubles(troubles: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except troubles as error:
        message = f"datasets.load_dataset cannot read it: {type(error).__name__}: {error}"
        raise ProblemError(message) from error
