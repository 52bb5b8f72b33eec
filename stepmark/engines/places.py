"""Who may send next, and to which server: places in flight, queues, affinity and stealing.

Each server has so many places. A request asks for a place at the server that has its problem's
prefix cached, unless another is clearly less busy; it waits there in order of arrival. A server
with nobody waiting takes from the longest queue, so none is idle while another has a queue, and
those who wait for a server that rests are taken over by the others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Container, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from stepmark.engines.lru import Lru
from stepmark.errors import StepmarkError

_HOMES_KEPT = 16_384
_CLEARLY_BUSIER = 0.125
"""Share of a server's places by which it may be fuller than another and still keep its problems."""

Waiter: TypeAlias = "asyncio.Future[int]"


class Places:
    """The places of several servers, which are numbered from 0; for one event loop."""

    def __init__(self, servers: int, *, each: int) -> None:
        self._each = each
        self._taken = [0] * servers
        self._queues: list[deque[Waiter]] = [deque() for _ in range(servers)]
        self._is_open = [True] * servers
        self._homes: Lru[str, int] = Lru(_HOMES_KEPT)
        self._refusal: StepmarkError | None = None

    @property
    def in_flight(self) -> int:
        """Places taken, over all servers."""
        return sum(self._taken)

    def is_open(self, server: int) -> bool:
        """Tell whether a server gives places."""
        return self._is_open[server]

    def open(self, server: int) -> None:
        """Give places at a server again."""
        self._is_open[server] = True
        self._serve(server)

    def close(self, server: int) -> None:
        """Give no more places at a server; its queue goes to the others."""
        self._is_open[server] = False
        for other in range(len(self._taken)):
            self._serve(other)

    def refuse(self, why: StepmarkError) -> None:
        """Give no more places at all: whoever waits or asks is told why."""
        self._refusal = why
        for queue in self._queues:
            while queue:
                waiter = queue.popleft()
                if not waiter.done():
                    waiter.set_exception(_again(why))

    def check(self) -> None:
        """Raise if no more places are given."""
        if self._refusal is not None:
            raise _again(self._refusal)

    @asynccontextmanager
    async def place(self, problem_id: str, *, avoid: Container[int] = ()) -> AsyncIterator[int]:
        """Hold a place while the block runs; gives the server's number.

        Args:
            problem_id: requests of one problem share a prefix, and go to one server if they can.
            avoid: servers to be taken only if there are no others.

        Raises:
            StepmarkError: what `refuse` was told.
        """
        self.check()
        server = await self._taken_at(self._home(problem_id, avoid))
        try:
            yield server
        finally:
            self._taken[server] -= 1
            self._serve(server)

    async def _taken_at(self, home: int) -> int:
        """Take a place at once, or wait for one, at `home` if possible."""
        if self._has_room(home):
            self._taken[home] += 1
            return home
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._queues[home].append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._taken[waiter.result()] -= 1
                self._serve(waiter.result())
            raise

    def _home(self, problem_id: str, avoid: Container[int]) -> int:
        """Choose where to go, or to wait."""
        servers: Sequence[int] = range(len(self._taken))
        if len(servers) == 1:
            return 0
        servers = [s for s in servers if self._is_open[s]] or servers
        servers = [s for s in servers if s not in avoid] or servers
        least = min(servers, key=self._load)
        home = self._homes.get(problem_id)
        if home is not None and home in servers and not self._is_clearly_busier(home, least):
            return home
        self._homes.put(problem_id, least)
        return least

    def _is_clearly_busier(self, server: int, least: int) -> bool:
        if self._has_room(least) and not self._has_room(server):
            return True
        return self._load(server) - self._load(least) > max(1.0, _CLEARLY_BUSIER * self._each)

    def _load(self, server: int) -> int:
        return self._taken[server] + len(self._queues[server])

    def _has_room(self, server: int) -> bool:
        return self._is_open[server] and self._taken[server] < self._each

    def _serve(self, server: int) -> None:
        """Fill a server's free places with those who wait, its own first."""
        while self._has_room(server) and (waiter := self._next(server)):
            self._taken[server] += 1
            waiter.set_result(server)

    def _next(self, server: int) -> Waiter | None:
        """Return who has waited longest here, else in the longest queue."""
        while queue := self._queues[server] or max(self._queues, key=len):
            waiter = queue.popleft()
            if not waiter.done():
                return waiter
        return None


def _again(error: StepmarkError) -> StepmarkError:
    """Return a copy: one exception raised in many places would gather all their traces."""
    return type(error)(str(error))
