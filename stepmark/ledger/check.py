"""What a ledger holds, whether it is sound, and how it is made small."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepmark.errors import StorageError
from stepmark.ids import content_id
from stepmark.ledger.folder import Folder

SHOWN = 5
"""Most faults of one kind that a report names in one partition; the rest are counted."""

_BY_POLICY = """
SELECT json_extract(p.asked, '$.policy'), count(DISTINCT d.address), sum(d.finish <> 'refused'),
       sum(d.finish = 'failed'), sum(d.finish = 'refused'), sum(d.completion_tokens),
       sum(length(CAST(d.text || d.reasoning AS BLOB)) + ifnull(length(d.logprobs), 0)
           + ifnull(length(d.token_starts), 0))
FROM draws d JOIN prompts p USING (address) GROUP BY 1
"""
_NO_PROMPT = """
SELECT address, draw FROM draws WHERE address NOT IN (SELECT address FROM prompts)
"""
_BAD_VALUES = """
SELECT address, draw FROM draws
WHERE finish NOT IN ('stop', 'length', 'failed', 'refused') OR typeof(draw) <> 'integer' OR draw < 0
   OR typeof(prompt_tokens) <> 'integer' OR typeof(completion_tokens) <> 'integer'
   OR length(logprobs) % 4 OR length(token_starts) % 4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What one policy's draws in one partition come to."""

    partition: str
    """Name of the file."""
    policy: str
    """Id of the policy (`po_…`)."""
    prompts: int
    """Prompts that draws were bought for."""
    completions: int
    """Draws, the failed ones too."""
    failed: int
    """Draws that can never be had."""
    refused: int
    """Draws that a server did not deliver, asked for again by the next build that wants them."""
    completion_tokens: int
    """Tokens of the completions."""
    text_bytes: int
    """Bytes of text, reasoning, log-probabilities and where tokens start, as stored."""


def holdings(folder: Folder) -> list[Holding]:
    """Return what a ledger holds, by partition and policy.

    Raises:
        StorageError: a partition cannot be read.
    """
    return [
        Holding(
            partition=folder.file(number).name,
            policy=policy,
            prompts=prompts,
            completions=completions,
            failed=failed,
            refused=refused,
            completion_tokens=tokens,
            text_bytes=size,
        )
        for number in folder.there
        for policy, prompts, completions, failed, refused, tokens, size in _rows(
            folder, number, _BY_POLICY
        )
    ]


def verify(folder: Folder) -> list[str]:
    """Return what is wrong with a ledger, a line a fault; an empty list for a sound one.

    Looked at are the files themselves (SQLite's integrity check), that every draw has its prompt
    and possible values, that every address is the hash of what was asked, and that every prompt is
    in the partition of its problem.
    """
    return [
        f"{folder.file(number).name}: {fault}"
        for number in folder.there
        for fault in _faults(folder, number)
    ]


def compact(folder: Folder) -> tuple[int, int]:
    """Fold the write-ahead logs in and rewrite the files densely; return bytes before and after.

    Other processes may use the ledger meanwhile: they wait for at most a partition's turn.

    Raises:
        StorageError: a partition is damaged, or held by others for too long.
    """
    before = size_on_disk(folder)
    for number in folder.there:
        with closing(folder.connect(number)) as connection:
            try:
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise StorageError(
                    f"{folder.file(number)} cannot be made compact: {error}. Run the command "
                    "again when no build is using the ledger; nothing is lost."
                ) from error
    return before, size_on_disk(folder)


def size_on_disk(folder: Folder) -> int:
    """Return the bytes of a ledger's partitions, write-ahead logs included."""
    return sum(_size(path) for path in folder.path.glob("part-*.sqlite*"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # SQLite removes its helpers when the last connection closes
        return 0


def _rows(folder: Folder, number: int, query: str) -> list[Any]:
    with closing(folder.connect(number)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.Error as error:
            raise StorageError(
                f"{folder.file(number)} cannot be read: {error}. `stepmark ledger verify` says "
                "what is wrong with it."
            ) from error


def _faults(folder: Folder, number: int) -> Iterator[str]:
    try:
        with closing(folder.connect(number)) as connection:
            damage = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            yield from (f"damaged: {line}" for line in damage if line != "ok")
            yield from _draw_faults(connection, "has no prompt", _NO_PROMPT)
            yield from _draw_faults(connection, "holds what no completion has", _BAD_VALUES)
            yield from _some(_prompt_faults(folder, number, connection))
    except (StorageError, sqlite3.Error) as error:
        yield f"unreadable: {error}"


def _draw_faults(connection: sqlite3.Connection, what: str, query: str) -> Iterator[str]:
    rows = connection.execute(query)
    yield from _some(f"draw {draw} of rq_{bytes(address).hex()} {what}" for address, draw in rows)


def _prompt_faults(folder: Folder, number: int, connection: sqlite3.Connection) -> Iterator[str]:
    for address, problem, asked in connection.execute("SELECT * FROM prompts"):
        name = f"rq_{address.hex()}"
        if not _is_address_of(name, asked):
            yield f"{name} is not the hash of what was asked there"
        if folder.partition(problem) != number:
            yield f"{name} belongs to {problem}, whose partition is {folder.partition(problem)}"


def _is_address_of(address: str, asked: str) -> bool:
    """Tell whether a prompt hashes to its address, as far as that can be told.

    Half characters were replaced when they were stored, and hashed as they were.
    """
    try:
        return content_id("rq", json.loads(asked)) == address or "\ufffd" in asked
    except ValueError:
        return False


def _some(faults: Iterator[str]) -> Iterator[str]:
    """Yield the first few, and how many more there are."""
    more = 0
    for position, fault in enumerate(faults):
        if position < SHOWN:
            yield fault
        else:
            more += 1
    if more:
        yield f"and {more} more like the last"
