"""A ledger as Parquet at any address that fsspec knows, and back.

    part-00.parquet …    one file a partition, rows by address and draw
    ledger.json          the files with their rows and checksums, and who the policies are

The head is written last, so an export with a head is whole. Each file is made on the local disk,
copied beside its place and moved into it. Coming back, rows that are not here yet are added and
those that are here stand, so that an export may be taken into any ledger, more than once.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from stepmark.engines.protocol import Completion
from stepmark.errors import StorageError
from stepmark.ledger.folder import FORMAT, Folder
from stepmark.ledger.rows import Entry, Kept, count, every, insert

HEAD: Final = "ledger.json"
ROWS_AT_ONCE: Final = 5_000
"""Rows held in memory, and in a row group."""
SCHEMA: Final = pa.schema(
    {
        "address": pa.string(),
        "problem": pa.string(),
        "asked": pa.string(),
        "draw": pa.int64(),
        "text": pa.string(),
        "finish_reason": pa.string(),
        "prompt_tokens": pa.int64(),
        "completion_tokens": pa.int64(),
        "reasoning": pa.string(),
        "logprobs": pa.list_(pa.float32()),
        "reason": pa.string(),
        "token_starts": pa.list_(pa.int32()),
    }
)


class Moved(NamedTuple):
    """What was copied."""

    files: int
    completions: int
    """Completions in those files."""
    new: int
    """Those of them that were not at the other end before."""


def export(folder: Folder, destination: str) -> Moved:
    """Write a ledger to an address; an earlier export there is replaced.

    Raises:
        StorageError: the address cannot be written, or a partition cannot be read.
    """
    files: dict[str, dict[str, Any]] = {}
    with _place(destination) as (system, place), tempfile.TemporaryDirectory() as scratch:
        system.makedirs(place, exist_ok=True)
        if system.exists(f"{place}/{HEAD}"):
            system.rm(f"{place}/{HEAD}")  # from here on the earlier export is not whole
        for number in folder.there:
            local = Path(scratch) / f"part-{number:02d}.parquet"
            rows = _write(folder, number, local)
            files[local.name] = {"rows": rows, "sha256": _sha256(local)}
            _put(system, local, f"{place}/{local.name}")
            local.unlink()
        head = Path(scratch) / HEAD
        facts = {"format": FORMAT, "files": files, "policies": folder.policies}
        head.write_text(json.dumps(facts, indent=1), encoding="utf-8")
        _put(system, head, f"{place}/{HEAD}")
    completions = sum(facts["rows"] for facts in files.values())
    return Moved(files=len(files), completions=completions, new=completions)


def restore(folder: Folder, source: str) -> Moved:
    """Take an export into a ledger; what the ledger has already stands.

    Raises:
        StorageError: there is no whole export, or a file is not what its checksum says.
    """
    new = 0
    with _place(source) as (system, place), tempfile.TemporaryDirectory() as scratch:
        head = _head(system, place, source)
        for name, facts in head["files"].items():
            local = Path(scratch) / "part.parquet"
            system.get_file(f"{place}/{name}", str(local))
            if _sha256(local) != facts["sha256"]:
                raise StorageError(
                    f"{name} in {source} is not the file that was exported: its checksum differs. "
                    "Export again, or restore the object from a backup; nothing of it was taken in."
                )
            new += _insert(folder, _entries(local))
        for policy_id, identity in head["policies"].items():
            folder.remember(policy_id, identity)
    completions = sum(facts["rows"] for facts in head["files"].values())
    return Moved(files=len(head["files"]), completions=completions, new=new)


@contextmanager
def _place(address: str) -> Iterator[tuple[Any, str]]:
    """Open an address: its file system, and the path there."""
    try:
        system, path = fsspec.core.url_to_fs(address)
        yield system, path.rstrip("/")
    except (ValueError, ImportError) as error:
        raise StorageError(
            f"{address} is no address that can be used: {error}. Give a folder, or a URL such as "
            "s3://bucket/ledger with the package of that file system installed."
        ) from error
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"Copying between the ledger and {address} failed: {error!r}. Give a folder that can "
            "be used, or a URL, and run the same command again."
        ) from error


def _put(system: Any, local: Path, target: str) -> None:
    """Copy a file so that it is in its place whole or not at all."""
    system.put_file(str(local), f"{target}.tmp")
    system.mv(f"{target}.tmp", target)


def _head(system: Any, place: str, source: str) -> dict[str, Any]:
    try:
        head: dict[str, Any] = json.loads(system.cat_file(f"{place}/{HEAD}"))
    except FileNotFoundError:
        raise StorageError(
            f"{source} holds no whole export: there is no {HEAD}. Export to it again."
        ) from None
    if head.get("format") != FORMAT or "files" not in head:
        raise StorageError(f"{source}/{HEAD} is not the head of an export of format {FORMAT}.")
    return head


def _write(folder: Folder, number: int, local: Path) -> int:
    """Write a partition as it stands now; return how many rows it has."""
    rows = 0
    with (
        closing(folder.connect(number)) as connection,
        pq.ParquetWriter(local, SCHEMA, compression="zstd") as writer,
    ):
        kept = every(connection)
        while batch := list(itertools.islice(kept, ROWS_AT_ONCE)):
            writer.write_table(_table(batch))
            rows += len(batch)
    return rows


def _table(batch: Sequence[Kept]) -> pa.Table:
    completions = [kept.completion for kept in batch]
    columns = {name: [getattr(c, name, None) for c in completions] for name in SCHEMA.names}
    columns["address"] = [kept.address for kept in batch]
    columns["problem"] = [kept.problem_id for kept in batch]
    columns["asked"] = [kept.asked for kept in batch]
    return pa.table(columns, schema=SCHEMA)


def _entries(local: Path) -> Iterator[Entry]:
    """Read a file back, the draws of an address together as far as a row group reaches."""
    for batch in pq.ParquetFile(local).iter_batches(ROWS_AT_ONCE):
        by_address = itertools.groupby(batch.to_pylist(), lambda row: row["address"])
        for address, group in by_address:
            rows = list(group)
            completions = tuple(_completion(row) for row in rows)
            yield Entry(rows[0]["problem"], address, json.loads(rows[0]["asked"]), completions)


def _completion(row: dict[str, Any]) -> Completion:
    values = {name: row[name] for name in SCHEMA.names[3:] if name in row}  # earlier ones lack some
    for name in ("logprobs", "token_starts"):
        if values.get(name) is not None:
            values[name] = tuple(values[name])
    return Completion(**values)


def _insert(folder: Folder, entries: Iterable[Entry]) -> int:
    """Insert entries, each into the partition of its problem; return how many draws were new."""
    new = 0
    with ExitStack() as opened:
        partitions: dict[int, sqlite3.Connection] = {}
        while batch := list(itertools.islice(entries, ROWS_AT_ONCE)):
            by_partition: dict[int, list[Entry]] = {}
            for entry in batch:
                by_partition.setdefault(folder.partition(entry.problem_id), []).append(entry)
            for number, group in by_partition.items():
                if number not in partitions:
                    partitions[number] = opened.enter_context(closing(folder.connect(number)))
                before = count(partitions[number])
                insert(partitions[number], group)
                new += count(partitions[number]) - before
    return new


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
