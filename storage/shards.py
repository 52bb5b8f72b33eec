"""Parquet shards: written whole or not at all, read back as records or columns, hashed.

A shard that exists is complete (storage/atomic.py). Equal rows give equal bytes within one pyarrow
version; nothing in a shard depends on time or place.
"""

from __future__ import annotations

import dataclasses
import hashlib
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from stepmark.errors import StorageError
from stepmark.records import (
    Annotation,
    Comparison,
    Critique,
    Finding,
    Problem,
    Reject,
    Review,
    Rollout,
    Solution,
    StepScore,
)
from storage.atomic import write_whole
from storage.rows import Dropped, LabelledSolution
from storage.schema import schema_of

Record = TypeVar("Record")

STORED: Final = (
    Annotation,
    Comparison,
    Critique,
    Dropped,
    Finding,
    LabelledSolution,
    Problem,
    Reject,
    Review,
    Rollout,
    Solution,
    StepScore,
)
"""Records that a build stores."""
for _record in STORED:
    schema_of(_record)  # while no other thread is in the parser, see storage/schema.py


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ShardRef:
    """Where a shard is and what it holds."""

    path: str
    """Path below the build directory, with forward slashes."""
    rows: int
    """Rows in it."""
    sha256: str
    """Hash of the file, 64 hexadecimal digits."""


def write_shard(root: Path, path: str, record: type[Record], rows: Sequence[Record]) -> ShardRef:
    """Write rows of one record class to `root / path`, atomically.

    Raises:
        StorageError: the file cannot be written; the message says why (disk full, permission).
    """
    write_table(root, path, table_from(record, rows))
    return shard_ref(root, path)


def write_table(root: Path, path: str, table: pa.Table) -> None:
    """Write columns made by `table_of` to `root / path`, atomically.

    Raises:
        StorageError: as `write_shard`.
    """
    write_whole(root / path, lambda file: pq.write_table(table, file, compression="zstd"))


def shard_ref(root: Path, path: str) -> ShardRef:
    """Return the reference of a shard that exists.

    Raises:
        StorageError: the file is missing or damaged.
    """
    target = root / path
    try:
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        rows = pq.read_metadata(target).num_rows
    except (OSError, pa.ArrowInvalid) as error:
        raise StorageError(
            f"{target} cannot be read: {error}. Build anew with --replace; the ledger "
            "is kept, so that nothing is bought again."
        ) from error
    return ShardRef(path=path, rows=rows, sha256=digest)


def read_shard(path: Path, record: type[Record]) -> tuple[Record, ...]:
    """Read a shard back as records.

    Raises:
        StorageError: the file is missing, damaged, or has other columns than the record.
    """
    return records_of(record, read_table(path, record))


def records_of(record: type[Record], table: pa.Table) -> tuple[Record, ...]:
    """Return the rows of a table made by `table_of` or `table_from` as records."""
    return tuple(_records(record, table.to_pylist()))


def read_table(path: Path, record: type, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a shard of a record class as columns, all of them unless some are named.

    Raises:
        StorageError: as `read_shard`.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check_columns(file.schema_arrow, record, path)
            return file.read(columns=columns)
    except (OSError, pa.ArrowInvalid) as error:
        raise StorageError(
            f"{path} cannot be read: {error}. Build anew with --replace; the ledger "
            "is kept, so that nothing is bought again."
        ) from error


def table_of(record: type, columns: Mapping[str, Any]) -> pa.Table:
    """Return columns as the table of a record class.

    Args:
        record: the class whose fields the columns are.
        columns: for every field an Arrow array, or one text that all rows share.
    """
    schema = schema_of(record)
    rows = max(len(column) for column in columns.values() if not isinstance(column, str))
    arrays = [
        pa.repeat(column, rows) if isinstance(column, str) else _whole(column).cast(field.type)
        for field in schema
        for column in [columns[field.name]]
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _whole(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _check_columns(schema: pa.Schema, record: type, path: Path) -> None:
    if not schema.equals(schema_of(record)):
        raise StorageError(
            f"{path} has the columns {schema.names}, not those of {record.__name__}, or "
            "other types: it was written by another version. Build anew with --replace; the "
            "ledger is kept."
        )


def table_from(record: type, rows: Sequence[Any]) -> pa.Table:
    """Return records as the table of their class."""
    schema = schema_of(record)
    columns = [
        pa.array([_plain(getattr(row, field.name)) for row in rows], type=field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _plain(value: Any) -> Any:
    """Turn nested records into what Arrow takes; scalars and tuples of scalars pass through."""
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        names = [field.name for field in dataclasses.fields(value[0])]
        return [{name: getattr(item, name) for name in names} for item in value]
    return value


def _records(record: type[Record], rows: Iterable[dict[str, Any]]) -> Iterator[Record]:
    nested = _nested(record)
    for row in rows:
        for name, inner in nested.items():
            items = row[name]
            row[name] = tuple(items if inner is None else (inner(**item) for item in items))
        yield record(**row)


def _nested(record: type) -> dict[str, type | None]:
    """Return the tuple fields of a record, each with the record class inside it, if any."""
    found: dict[str, type | None] = {}
    for name, hint in typing.get_type_hints(record).items():
        if typing.get_origin(hint) is tuple:
            inner = typing.get_args(hint)[0]
            is_record = isinstance(inner, type) and dataclasses.is_dataclass(inner)
            found[name] = inner if is_record else None
    return found
