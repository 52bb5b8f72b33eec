"""An engine with a bounded number of requests in flight, where work begun first goes first.

Several shards are asked about at once, so that the server never waits for the last answers of one.
First come, first served would keep them level, and all would end together, with nothing left to
fill the server. Served by rank, the oldest shard is finished while younger ones fill the gaps.
Requests of one rank go out in the order they came, so that prompts with a common prefix stay
neighbours.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from contextvars import ContextVar

from stepmark.engines.protocol import Completion, Engine, Request

RANK: ContextVar[int] = ContextVar("rank", default=0)
"""Rank of the requests of a coroutine and of all that it starts; lower ones are served first.

Like the niceness of a process it is set once for a piece of work, and nothing in it needs to know.
"""


class InTurn:
    """The engine behind a queue. Belongs to one event loop, like that engine."""

    def __init__(self, engine: Engine, *, places: int) -> None:
        self._engine = engine
        self._free = places
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        """Wait for a place, then ask the engine."""
        await self._enter()
        try:
            return await self._engine.generate(request)
        finally:
            self._leave()

    async def _enter(self) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (RANK.get(), next(self._arrivals), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the place was given in the same moment: hand it on
                self._leave()
            raise

    def _leave(self) -> None:
        while self._waiting:
            *_, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
