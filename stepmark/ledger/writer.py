"""One thread that writes: it commits whatever has queued up since its last commit.

Many small completions so share one disk flush. SQLite's write lock keeps writers of other
processes out of a partition while a commit lasts, and the kernel drops it when a process dies.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from stepmark.engines.protocol import Completion
from stepmark.errors import StorageError
from stepmark.ledger.folder import Folder
from stepmark.ledger.rows import Entry, insert

Standing = tuple[Completion, ...]


@dataclass(frozen=True, slots=True)
class _Order:
    entry: Entry
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Standing]


class Writer:
    """Takes entries from any event loop and commits them in groups."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._connections: dict[int, sqlite3.Connection] = {}
        self._thread: threading.Thread | None = None

    def put(self, entry: Entry) -> asyncio.Future[Standing]:
        """Queue an entry; the future holds the rows that stand once they are on disk."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="stepmark-ledger", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        order = _Order(entry, loop, loop.create_future())
        self._orders.put(order)
        return order.done

    def close(self) -> None:
        """Write what is queued and end the thread."""
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            batch = [self._orders.get()]
            while not self._orders.empty():
                batch.append(self._orders.get_nowait())
            stopping = None in batch
            self._write([order for order in batch if order is not None])
        for connection in self._connections.values():
            connection.close()

    def _write(self, orders: Sequence[_Order]) -> None:
        by_partition: dict[int, list[_Order]] = {}
        for order in orders:
            by_partition.setdefault(self._folder.partition(order.entry.problem_id), []).append(
                order
            )
        for partition, group in by_partition.items():
            self._commit(partition, group)

    def _commit(self, partition: int, group: Sequence[_Order]) -> None:
        try:
            if partition not in self._connections:
                self._connections[partition] = self._folder.connect(partition)
            entries = [order.entry for order in group]
            standing = insert(self._connections[partition], entries)
        except Exception as error:  # noqa: BLE001 (a dead writer would hang every buyer)
            self._commit_apart(partition, group, error)
        else:
            _settle(list(zip(group, standing, strict=True)))

    def _commit_apart(self, partition: int, group: Sequence[_Order], error: Exception) -> None:
        """Write each entry by itself, so that one that cannot be written takes no other with it."""
        if len(group) > 1:
            for order in group:
                self._commit(partition, [order])
            return
        problem = StorageError(
            f"The ledger in {self._folder.path} cannot be written: {error}. Nothing that was "
            "paid for before is lost; free space or mend the folder and run again."
        )
        _settle([(group[0], problem)])


def _settle(results: Sequence[tuple[_Order, Standing | StorageError]]) -> None:
    """Tell those who wait what became of their entries; each event loop is woken once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Order, Standing | StorageError]]] = {}
    for order, result in results:
        by_loop.setdefault(order.loop, []).append((order, result))
    for loop, its in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, its)


def _resolve(results: Sequence[tuple[_Order, Standing | StorageError]]) -> None:
    for order, result in results:
        if order.done.done():
            continue
        if isinstance(result, StorageError):
            order.done.set_exception(result)
        else:
            order.done.set_result(result)
