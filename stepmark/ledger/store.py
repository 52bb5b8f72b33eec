"""What a build uses of the ledger: find what is paid for, keep what was bought."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from stepmark.engines.protocol import Completion
from stepmark.errors import StorageError
from stepmark.ledger import rows
from stepmark.ledger.folder import Folder, Identity
from stepmark.ledger.rows import Entry
from stepmark.ledger.writer import Writer

Result = TypeVar("Result")


class Ledger:
    """A folder of completions, safe to share between threads, event loops and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = Folder.make(folder)
        self._writer = Writer(self._folder)
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._closed = False
        self._lock = threading.Lock()

    def find(self, problem_id: str, address: str, draws: Iterable[int]) -> dict[int, Completion]:
        """Return those of the draws that are already paid for, by index."""
        noted = self._noted(problem_id, address, draws)
        return {draw: c for draw, c in noted.items() if c.finish_reason != "refused"}

    def refusals(self, problem_id: str, address: str, draws: Iterable[int]) -> dict[int, str]:
        """Return why those of the draws were not delivered that a server refused, by index."""
        noted = self._noted(problem_id, address, draws)
        return {d: c.reason or "" for d, c in noted.items() if c.finish_reason == "refused"}

    async def keep(self, entry: Entry) -> tuple[Completion, ...]:
        """Store completions and return, once they are on disk, the rows that stand.

        What was handed over is stored even if the caller is cancelled while it waits.

        Raises:
            StorageError: the disk is full or the folder broken, or the ledger is closed.
        """
        return await self._put(entry)

    def entries(self) -> Iterator[tuple[str, str, Completion]]:
        """Yield (address, canonical JSON of what was asked, completion), by partition."""
        for partition in self._folder.there:
            with closing(self._folder.connect(partition)) as connection:
                for kept in rows.every(connection):
                    yield kept.address, kept.asked, kept.completion

    def asked(self, problem_id: str, address: str) -> str | None:
        """Return the canonical JSON of the prompt at an address, or None if it is not here."""
        return self._read(problem_id, lambda partition: rows.asked_at(partition, address))

    @property
    def policies(self) -> dict[str, Identity]:
        """What stands behind each policy's id that draws were bought under."""
        return self._folder.policies

    def remember(self, policy_id: str, identity: Identity) -> None:
        """Write down what stands behind a policy's id, before draws are bought under it."""
        self._folder.remember(policy_id, identity)

    def close(self) -> None:
        """Write what is queued and close the files; the ledger is of no use afterwards."""
        with self._lock:
            already, self._closed = self._closed, True
        if already:
            return
        self._writer.close()
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self._readers = threading.local()

    def _noted(self, problem_id: str, address: str, draws: Iterable[int]) -> dict[int, Completion]:
        return self._read(problem_id, lambda partition: rows.find(partition, address, draws))

    def _put(self, entry: Entry) -> asyncio.Future[tuple[Completion, ...]]:
        """Queue an entry; under the lock, so that none comes after the writer was closed."""
        with self._lock:
            self._check_open()
            return self._writer.put(entry)

    def _check_open(self) -> None:
        if self._closed:
            raise StorageError(f"The ledger in {self._folder.path} is closed. Open it anew.")

    def _read(self, problem_id: str, query: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            return query(self._reader(problem_id))
        except sqlite3.Error as error:
            raise StorageError(
                f"The ledger in {self._folder.path} cannot be read for {problem_id}: {error}. If a "
                "file is damaged, mend it with sqlite3's .recover, or move it away to buy anew."
            ) from error

    def _reader(self, problem_id: str) -> sqlite3.Connection:
        self._check_open()
        readers: dict[int, sqlite3.Connection] | None = getattr(self._readers, "by_part", None)
        if readers is None:
            readers = self._readers.by_part = {}
        partition = self._folder.partition(problem_id)
        if partition not in readers:
            readers[partition] = self._folder.connect(partition)
            self._opened.append(readers[partition])
        return readers[partition]
