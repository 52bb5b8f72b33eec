"""A ledger with something in it."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

from stepmark.engines.protocol import Completion
from stepmark.ids import Json, content_id
from stepmark.ledger import Entry, Ledger
from stepmark.ledger.folder import Folder
from tests.fakes.factories import a_completion, run

PROBLEMS = 20


def an_entry(number: int, *completions: Completion) -> Entry:
    asked: Json = {
        "policy": f"po_{number % 2}",
        "prompt": f"naïve {number}?",
        "sampling": {"top_p": 1.0},
    }
    return Entry(content_id("pb", number), content_id("rq", asked), asked, completions)


def a_ledger(folder: Path, *extra: Entry) -> Folder:
    """Twenty problems, three draws each, and what is given."""
    entries = [
        an_entry(n, *(a_completion(draw, f"{n}: {draw}") for draw in range(3)))
        for n in range(PROBLEMS)
    ]

    async def keep(ledger: Ledger) -> None:
        await asyncio.gather(*map(ledger.keep, [*entries, *extra]))

    with closing(Ledger(folder)) as ledger:
        run(keep(ledger))
        ledger.remember("po_0", {"model": "even"})
    return Folder.open(folder)


def contents(folder: Path) -> list[tuple[str, str, Completion]]:
    with closing(Ledger(folder)) as ledger:
        return list(ledger.entries())
