"""The files of a ledger: a head, one SQLite file per partition of problems, the policies' names.

ledger.json            format and number of partitions
part-00.sqlite …       completions, by hash of the problem id
policies/po_….json     what stands behind a policy's id
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from stepmark.errors import StorageError
from stepmark.ids import fraction_of
from stepmark.ledger.rows import make_tables

PARTITIONS = 8
FORMAT = 1
BUSY_TIMEOUT_S = 60.0
"""How long to wait for another process that is writing."""

Identity: TypeAlias = Mapping[str, str | None]
"""The fields of a policy's identity, as plain data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A ledger on disk."""

    path: Path
    """Where it is."""
    partitions: int
    """The number of partitions it was made with."""

    @classmethod
    def make(cls, path: Path) -> Folder:
        """Return the ledger in a folder, a new one if there is none.

        Raises:
            StorageError: the folder cannot be written, or holds another format.
        """
        head = path / "ledger.json"
        try:
            if not head.exists():
                _write_whole(head, {"format": FORMAT, "partitions": PARTITIONS})
        except OSError as error:
            raise StorageError(
                f"There can be no ledger in {path}: {error.strerror or error}. Name a folder on a "
                "local disk that can be written."
            ) from error
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Folder:
        """Return the ledger that is in a folder.

        Raises:
            StorageError: there is none, or it has another format.
        """
        head = path / "ledger.json"
        try:
            facts = json.loads(head.read_text(encoding="utf-8"))
            written, partitions = int(facts["format"]), int(facts["partitions"])
        except OSError as error:
            below = path / "ledger"
            hint = f", as {below} does" if (below / head.name).exists() else ""
            raise StorageError(
                f"There is no ledger in {path} ({error.strerror or error}): name a folder that "
                f"holds a {head.name}{hint}."
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{head} is not a ledger's head file: {error!r}.") from error
        if written != FORMAT:
            raise StorageError(f"{head} has format {written}; this version reads format {FORMAT}.")
        return cls(path=path, partitions=partitions)

    def partition(self, problem_id: str) -> int:
        """Return the partition that keeps a problem's draws."""
        return int(fraction_of(problem_id) * self.partitions)

    def file(self, partition: int) -> Path:
        """Return where a partition is, or would be."""
        return self.path / f"part-{partition:02d}.sqlite"

    @property
    def there(self) -> list[int]:
        """The partitions that hold something, in order."""
        return [number for number in range(self.partitions) if self.file(number).exists()]

    def connect(self, partition: int) -> sqlite3.Connection:
        """Open a partition, which is made if it is not there.

        Raises:
            StorageError: it cannot be opened.
        """
        path = self.file(partition)
        try:
            return _open(path)
        except sqlite3.Error as error:
            raise StorageError(
                f"The ledger file {path} cannot be opened: {error}. "
                "Check that the folder is writable, on a local disk and not full."
            ) from error

    @property
    def policies(self) -> dict[str, Identity]:
        """What stands behind each policy's id that draws were bought under."""
        paths = sorted((self.path / "policies").glob("po_*.json"))
        return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}

    def remember(self, policy_id: str, identity: Identity) -> None:
        """Write down what stands behind a policy's id, once.

        Raises:
            StorageError: it cannot be written.
        """
        path = self.path / "policies" / f"{policy_id}.json"
        try:
            if not path.exists():
                _write_whole(path, dict(identity))
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror or error}.") from error


def _write_whole(path: Path, value: Any) -> None:
    """Write a file whole or not at all: another process may be reading it already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    temporary.write_text(json.dumps(value), encoding="utf-8")
    temporary.replace(path)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
    try:
        switch_to_wal(connection)
        # FULL: a commit survives a power cut too; the flush is shared by the whole batch.
        connection.execute("PRAGMA synchronous=FULL")
        make_tables(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def switch_to_wal(connection: sqlite3.Connection) -> None:
    """Turn WAL mode on, waiting for others: SQLite's own timeout does not cover this switch."""
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
