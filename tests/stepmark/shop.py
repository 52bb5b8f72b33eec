"""A purchase that is opened for a test, and closed with nothing left in its books."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from stepmark.ledger import Ledger
from stepmark.purchase import Meter, Purchase
from tests.fakes.factories import FakeEngine


def a_purchase(engine: FakeEngine, ledger: Ledger, **meter: Any) -> Purchase:
    return Purchase(engine, ledger, "po_fake", Meter(**meter))


@asynccontextmanager
async def a_shop(folder: Path, engine: FakeEngine, **meter: Any) -> AsyncIterator[Purchase]:
    """Open a purchase; at the end nothing may be left in the books and no task complain."""
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    with closing(Ledger(folder)) as ledger:
        purchase = a_purchase(engine, ledger, **meter)
        yield purchase
        assert purchase._buying == {}
    gc.collect()
    assert complaints == []


async def turns(count: int = 5) -> None:
    """Let every task that can go on do so."""
    for _ in range(count):
        await asyncio.sleep(0)
