"""Entries that are kept in a ledger."""

from __future__ import annotations

import asyncio

from stepmark.engines.protocol import Completion
from stepmark.ids import content_id
from stepmark.ledger import Entry, Ledger
from tests.fakes.factories import run

PROBLEM = content_id("pb", "p")


ADDRESS = content_id("rq", "q")


def an_entry(*completions: Completion, problem_id: str = PROBLEM, address: str = ADDRESS) -> Entry:
    return Entry(problem_id, address, {"prompt": "q"}, completions)


def keep(ledger: Ledger, *entries: Entry) -> list[tuple[Completion, ...]]:
    async def all_at_once() -> list[tuple[Completion, ...]]:
        return list(await asyncio.gather(*map(ledger.keep, entries)))

    return run(all_at_once())
