"""The sandbox for any Python program: a process with everything closed, started ahead of time.

Each program gets an interpreter of its own, which nothing ran in before and nothing runs in after.
As many wait ready as may run at once, so that a run costs its program and not the start.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from typing import Self

from stepmark.errors import SandboxError
from stepmark.sandbox.box import Box
from stepmark.sandbox.protocol import Limits, Program, Result


class Isolated:
    """Runs programs under bubblewrap; to be used by one event loop.

    `async with Isolated() as sandbox:` opens it, and fails at once where it cannot work.
    """

    def __init__(self, *, at_once: int | None = None, packages: tuple[str, ...] = ()) -> None:
        """Say how it runs.

        Args:
            at_once: programs that run at the same time; by default one a processor.
            packages: installed packages that programs may import beside the standard library, with
                those that they need in turn, e.g. `("sympy", "mpmath")`.
        """
        self._at_once = at_once or len(os.sched_getaffinity(0))
        self._packages = packages
        self._running = asyncio.Semaphore(self._at_once)
        self._waiting: deque[asyncio.Task[Box]] = deque()

    async def __aenter__(self) -> Self:
        """Start what waits for programs.

        Raises:
            SandboxError: what it needs is not installed, or does not work on this machine.
        """
        try:
            self._waiting.append(self._start())
            await self._waiting[0]
            self._waiting.extend(self._start() for _ in range(1, self._at_once))
        except BaseException:
            await self._discard_waiting()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """End what still waits; programs under way are their callers' to cancel."""
        await self._discard_waiting()

    async def run(self, program: Program, limits: Limits) -> Result:
        """Run a program to its end or to a limit; nothing of it is left behind.

        Raises:
            SandboxError: the sandbox itself did not work.
        """
        async with self._running:
            box = await self._take()
            return await box.run(program, limits)

    async def _take(self) -> Box:
        """Take one that is ready, and have another one started in its place.

        A start is not cancelled with who waits for it: the next one takes what it gives.
        """
        start = self._waiting.popleft()
        try:
            box = await asyncio.shield(start)
        except asyncio.CancelledError:
            self._waiting.append(start)
            raise
        except SandboxError:
            self._waiting.append(self._start())
            raise
        self._waiting.append(self._start())
        return box

    def _start(self) -> asyncio.Task[Box]:
        return asyncio.create_task(Box.start(self._packages))

    async def _discard_waiting(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        for box in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(box, Box):
                await box.discard()
