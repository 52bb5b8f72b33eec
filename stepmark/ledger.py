"""The ledger: every completion ever paid for, durable before anything is derived from it.

One SQLite file per partition of problems, in WAL mode; one writer thread commits whatever has
queued up since its last commit, so that many small completions share one disk flush. A row is
addressed by (address of policy, prompt and sampling; draw index). The first write of an address
wins, also across processes, and every buyer is handed the row that stands.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import sqlite3
import threading
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from stepmark.engines.protocol import Completion, FinishReason
from stepmark.errors import StorageError
from stepmark.ids import Json, canonical_json, fraction_of

PARTITIONS = 8
FORMAT = 1
BUSY_TIMEOUT_S = 60.0
"""How long to wait for another process that is writing."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS prompts (
    address BLOB PRIMARY KEY, problem TEXT NOT NULL, asked TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS draws (
    address BLOB NOT NULL, draw INTEGER NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
    reasoning TEXT NOT NULL, logprobs BLOB, reason TEXT, UNIQUE (address, draw));
"""
COLUMNS = "draw, text, finish, prompt_tokens, completion_tokens, reasoning, logprobs, reason"


class Entry(NamedTuple):
    """Completions of one address on their way into the ledger."""

    problem_id: str
    address: str
    asked: Json
    completions: tuple[Completion, ...]


@dataclass(frozen=True, slots=True)
class _Order:
    entry: Entry
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[tuple[Completion, ...]]


class Ledger:
    """A folder of completions, safe to share between threads, event loops and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._partitions = _partition_count(folder)
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._closed = False
        self._lock = threading.Lock()

    def find(self, problem_id: str, address: str, draws: Iterable[int]) -> dict[int, Completion]:
        """Return those of the draws that are already paid for, by index."""
        wanted = sorted(draws)
        if not wanted:
            return {}
        rows = self._read(
            problem_id,
            f"SELECT {COLUMNS} FROM draws WHERE address = ? AND draw BETWEEN ? AND ?",  # noqa: S608 (constant column list)
            (_blob(address), wanted[0], wanted[-1]),
        )
        keep = set(wanted)
        return {row[0]: _completion(row) for row in rows if row[0] in keep}

    async def keep(self, entry: Entry) -> tuple[Completion, ...]:
        """Store completions and return, once they are on disk, the rows that stand.

        What was handed over is stored even if the caller is cancelled while it waits.

        Raises:
            StorageError: the disk is full or the folder broken, or the ledger is closed.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[tuple[Completion, ...]] = loop.create_future()
        self._put(_Order(entry, loop, done))
        return await done

    def entries(self) -> Iterator[tuple[str, str, Completion]]:
        """Yield (address, canonical JSON of what was asked, completion), by partition."""
        for partition in range(self._partitions):
            with closing(self._connect(partition)) as connection:
                for address, asked, *row in connection.execute(
                    f"SELECT d.address, p.asked, {COLUMNS} FROM draws d "  # noqa: S608 (as above)
                    "JOIN prompts p USING (address) ORDER BY d.address, d.draw"
                ):
                    yield f"rq_{address.hex()}", asked, _completion(row)

    def asked(self, problem_id: str, address: str) -> str | None:
        """Return the canonical JSON of the prompt at an address, or None if it is not here."""
        rows = self._read(
            problem_id, "SELECT asked FROM prompts WHERE address = ?", (_blob(address),)
        )
        return rows[0][0] if rows else None

    def close(self) -> None:
        """Write what is queued and close the files; the ledger is of no use afterwards."""
        with self._lock:
            self._closed = True
            writer, self._writer = self._writer, None
            if writer is not None:
                self._orders.put(None)
        if writer is not None:
            writer.join()
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self._readers = threading.local()

    def _put(self, order: _Order) -> None:
        """Queue an order; under the lock, so that none comes after the writer's last one."""
        with self._lock:
            self._check_open()
            if self._writer is None:
                self._writer = threading.Thread(
                    target=self._write_loop, name="stepmark-ledger", daemon=True
                )
                self._writer.start()
            self._orders.put(order)

    def _check_open(self) -> None:
        if self._closed:
            raise StorageError(f"The ledger in {self._folder} is closed. Open it anew.")

    def _read(self, problem_id: str, query: str, values: tuple[object, ...]) -> list[Any]:
        try:
            return self._reader(problem_id).execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StorageError(
                f"The ledger in {self._folder} cannot be read for {problem_id}: {error}. If a file "
                "is damaged, mend it with sqlite3's .recover, or move it away to buy anew."
            ) from error

    def _partition(self, problem_id: str) -> int:
        return int(fraction_of(problem_id) * self._partitions)

    def _connect(self, partition: int) -> sqlite3.Connection:
        path = self._folder / f"part-{partition:02d}.sqlite"
        try:
            return _open(path)
        except sqlite3.Error as error:
            raise StorageError(
                f"The ledger file {path} cannot be opened: {error}. "
                "Check that the folder is writable, on a local disk and not full."
            ) from error

    def _reader(self, problem_id: str) -> sqlite3.Connection:
        self._check_open()
        readers: dict[int, sqlite3.Connection] | None = getattr(self._readers, "by_part", None)
        if readers is None:
            readers = self._readers.by_part = {}
        partition = self._partition(problem_id)
        if partition not in readers:
            readers[partition] = self._connect(partition)
            self._opened.append(readers[partition])
        return readers[partition]

    def _write_loop(self) -> None:
        connections: dict[int, sqlite3.Connection] = {}
        stopping = False
        while not stopping:
            batch = [self._orders.get()]
            while not self._orders.empty():
                batch.append(self._orders.get_nowait())
            stopping = None in batch
            self._commit([order for order in batch if order is not None], connections)
        for connection in connections.values():
            connection.close()

    def _commit(self, orders: Sequence[_Order], connections: dict[int, sqlite3.Connection]) -> None:
        by_partition: dict[int, list[_Order]] = {}
        for order in orders:
            by_partition.setdefault(self._partition(order.entry.problem_id), []).append(order)
        for partition, group in by_partition.items():
            try:
                if partition not in connections:
                    connections[partition] = self._connect(partition)
                standing = _insert(connections[partition], [order.entry for order in group])
            except Exception as error:  # noqa: BLE001 (a dead writer would hang every buyer)
                problem = StorageError(
                    f"The ledger in {self._folder} cannot be written: {error}. Nothing that was "
                    "paid for before is lost; free space or mend the folder and run again."
                )
                for order in group:
                    _settle(order, problem)
            else:
                for order, rows in zip(group, standing, strict=True):
                    _settle(order, rows)


def _partition_count(folder: Path) -> int:
    """Return the number of partitions the folder was made with."""
    path = folder / "ledger.json"
    try:
        if not path.exists():
            _write_head(path)
        facts = json.loads(path.read_text(encoding="utf-8"))
        written, partitions = int(facts["format"]), int(facts["partitions"])
    except OSError as error:
        raise StorageError(
            f"There can be no ledger in {folder}: {error.strerror or error}. Name a folder on a "
            "local disk that can be written."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path} is not a ledger's head file: {error!r}.") from error
    if written != FORMAT:
        raise StorageError(f"{path} has format {written}; this version reads format {FORMAT}.")
    return partitions


def _write_head(path: Path) -> None:
    """Write the head file whole or not at all: another process may be reading it already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    temporary.write_text(json.dumps({"format": FORMAT, "partitions": PARTITIONS}), encoding="utf-8")
    temporary.replace(path)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
    try:
        _switch_to_wal(connection)
        # FULL: a commit survives a power cut too; the flush is shared by the whole batch.
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
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


def _insert(
    connection: sqlite3.Connection, entries: Sequence[Entry]
) -> list[tuple[Completion, ...]]:
    """Insert what is new in one transaction; return the standing rows of each entry."""
    standing = []
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for entry in entries:
            address = _blob(entry.address)
            connection.execute(
                "INSERT OR IGNORE INTO prompts VALUES (?, ?, ?)",
                (address, entry.problem_id, canonical_json(entry.asked).decode(errors="replace")),
            )
            connection.executemany(
                f"INSERT OR IGNORE INTO draws (address, {COLUMNS}) "  # noqa: S608 (as above)
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(address, *_row(completion)) for completion in entry.completions],
            )
            standing.append(
                tuple(_standing(connection, address, c.draw) for c in entry.completions)
            )
    return standing


def _standing(connection: sqlite3.Connection, address: bytes, draw: int) -> Completion:
    row = connection.execute(
        f"SELECT {COLUMNS} FROM draws WHERE address = ? AND draw = ?",  # noqa: S608 (as above)
        (address, draw),
    ).fetchone()
    return _completion(row)


def _settle(order: _Order, result: tuple[Completion, ...] | StorageError) -> None:
    def resolve() -> None:
        if order.done.done():
            return
        if isinstance(result, StorageError):
            order.done.set_exception(result)
        else:
            order.done.set_result(result)

    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        order.loop.call_soon_threadsafe(resolve)


def _blob(address: str) -> bytes:
    return bytes.fromhex(address.rsplit("_", 1)[-1])


def _row(completion: Completion) -> tuple[object, ...]:
    logprobs = completion.logprobs
    return (
        completion.draw,
        _clean(completion.text),
        completion.finish_reason,
        completion.prompt_tokens,
        completion.completion_tokens,
        _clean(completion.reasoning),
        None if logprobs is None else array("f", logprobs).tobytes(),
        completion.reason,
    )


def _clean(text: str) -> str:
    """Replace lone surrogates, half characters that neither SQLite nor Parquet can store."""
    return text.encode("utf-8", errors="replace").decode()


def _completion(row: Sequence[object]) -> Completion:
    draw, text, finish, prompt_tokens, completion_tokens, reasoning, logprobs, reason = row
    return Completion(
        draw=_int(draw),
        text=str(text),
        finish_reason=_finish(finish),
        prompt_tokens=_int(prompt_tokens),
        completion_tokens=_int(completion_tokens),
        reasoning=str(reasoning),
        logprobs=tuple(array("f", logprobs)) if isinstance(logprobs, bytes) else None,
        reason=None if reason is None else str(reason),
    )


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise StorageError(f"The ledger holds {value!r} where a whole number belongs.")
    return value


def _finish(value: object) -> FinishReason:
    if value not in ("stop", "length", "failed"):
        raise StorageError(f"The ledger holds the finish reason {value!r}.")
    return value
