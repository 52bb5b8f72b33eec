"""A completion as a row of a partition, and back; the two tables and what is read and written."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple, cast, get_args

from stepmark.engines.protocol import Completion, FinishReason
from stepmark.errors import StorageError
from stepmark.ids import Json, canonical_json

SCHEMA = """
CREATE TABLE IF NOT EXISTS prompts (
    address BLOB PRIMARY KEY, problem TEXT NOT NULL, asked TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS draws (
    address BLOB NOT NULL, draw INTEGER NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
    reasoning TEXT NOT NULL, logprobs BLOB, reason TEXT, token_starts BLOB,
    UNIQUE (address, draw));
"""
_COLUMNS = (
    "draw, text, finish, prompt_tokens, completion_tokens, reasoning, logprobs, reason, "
    "token_starts"
)
_INSERT_PROMPT = "INSERT OR IGNORE INTO prompts VALUES (?, ?, ?)"
_INSERT_DRAW = (
    f"INSERT INTO draws (address, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608 (constant column list)
    "ON CONFLICT (address, draw) DO UPDATE SET text = excluded.text, finish = excluded.finish, "
    "prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens, "
    "reasoning = excluded.reasoning, logprobs = excluded.logprobs, reason = excluded.reason, "
    "token_starts = excluded.token_starts WHERE draws.finish = 'refused'"
)
"""What was bought stands; only the note of a refusal gives way."""
_FIND = f"SELECT {_COLUMNS} FROM draws WHERE address = ? AND draw BETWEEN ? AND ?"  # noqa: S608 (as above)
_ALL = (
    f"SELECT p.problem, d.address, p.asked, {_COLUMNS} FROM draws d "  # noqa: S608 (as above)
    "JOIN prompts p USING (address) ORDER BY d.address, d.draw"
)


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables where there are none, and add what those of earlier versions lack."""
    connection.executescript(SCHEMA)
    if any(
        column[1] == "token_starts" for column in connection.execute("PRAGMA table_info(draws)")
    ):
        return
    with suppress(sqlite3.OperationalError):  # another process has just added it
        connection.execute("ALTER TABLE draws ADD COLUMN token_starts BLOB")


class Entry(NamedTuple):
    """Completions of one address on their way into the ledger."""

    problem_id: str
    address: str
    asked: Json
    completions: tuple[Completion, ...]


class Kept(NamedTuple):
    """One completion as the ledger has it."""

    problem_id: str
    address: str
    """Address of policy, prompt and sampling (`rq_…`)."""
    asked: str
    """Canonical JSON of policy, prompt and sampling."""
    completion: Completion


def insert(
    connection: sqlite3.Connection, entries: Iterable[Entry]
) -> list[tuple[Completion, ...]]:
    """Insert what is new in one transaction; return the standing rows of each entry."""
    standing = []
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for entry in entries:
            address = blob(entry.address)
            asked = canonical_json(entry.asked).decode(errors="replace")
            connection.execute(_INSERT_PROMPT, (address, entry.problem_id, asked))
            rows = [(address, *row_of(completion)) for completion in entry.completions]
            connection.executemany(_INSERT_DRAW, rows)
            standing.append(
                tuple(_standing(connection, address, c.draw) for c in entry.completions)
            )
    return standing


def find(
    connection: sqlite3.Connection, address: str, draws: Iterable[int]
) -> dict[int, Completion]:
    """Return those of the draws that are there, by index; noted refusals are among them."""
    wanted = set(draws)
    if not wanted:
        return {}
    rows = connection.execute(_FIND, (blob(address), min(wanted), max(wanted)))
    return {row[0]: completion_of(row) for row in rows if row[0] in wanted}


def asked_at(connection: sqlite3.Connection, address: str) -> str | None:
    """Return the canonical JSON of the prompt at an address, or None if it is not here."""
    query = "SELECT asked FROM prompts WHERE address = ?"
    row = connection.execute(query, (blob(address),)).fetchone()
    return row[0] if row else None


def every(connection: sqlite3.Connection) -> Iterator[Kept]:
    """Yield all that a partition holds, by address and draw, as it stands at the first one."""
    for problem, address, asked, *row in connection.execute(_ALL):
        yield Kept(problem, f"rq_{address.hex()}", asked, completion_of(row))


def count(connection: sqlite3.Connection) -> int:
    """Return how many draws a partition holds."""
    number: int = connection.execute("SELECT count(*) FROM draws").fetchone()[0]
    return number


def blob(address: str) -> bytes:
    """Return the 16 bytes of an address."""
    return bytes.fromhex(address.rsplit("_", 1)[-1])


def row_of(completion: Completion) -> tuple[object, ...]:
    """Return a completion as its columns; log-probabilities as float32, starts as int32."""
    logprobs, starts = completion.logprobs, completion.token_starts
    return (
        completion.draw,
        _clean(completion.text),
        completion.finish_reason,
        completion.prompt_tokens,
        completion.completion_tokens,
        _clean(completion.reasoning),
        None if logprobs is None else array("f", logprobs).tobytes(),
        completion.reason,
        None if starts is None else array("i", starts).tobytes(),
    )


def completion_of(row: Sequence[object]) -> Completion:
    """Return the completion that a row holds.

    Raises:
        StorageError: a column holds what no completion has.
    """
    draw, text, finish, prompt_tokens, completion_tokens, reasoning, logprobs, reason, starts = row
    return Completion(
        draw=_int(draw),
        text=str(text),
        finish_reason=_finish(finish),
        prompt_tokens=_int(prompt_tokens),
        completion_tokens=_int(completion_tokens),
        reasoning=str(reasoning),
        logprobs=tuple(array("f", logprobs)) if isinstance(logprobs, bytes) else None,
        reason=None if reason is None else str(reason),
        token_starts=tuple(array("i", starts)) if isinstance(starts, bytes) else None,
    )


def _standing(connection: sqlite3.Connection, address: bytes, draw: int) -> Completion:
    return completion_of(connection.execute(_FIND, (address, draw, draw)).fetchone())


def _clean(text: str) -> str:
    """Replace lone surrogates, half characters that neither SQLite nor Parquet can store."""
    return text.encode("utf-8", errors="replace").decode()


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise StorageError(f"The ledger holds {value!r} where a whole number belongs.")
    return value


def _finish(value: object) -> FinishReason:
    if value not in get_args(FinishReason):
        raise StorageError(f"The ledger holds the finish reason {value!r}.")
    return cast("FinishReason", value)
