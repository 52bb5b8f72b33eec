"""A simulation of continuous batching: real HTTP, made-up text, time by a model of a GPU.

    python -m benchmarks.simulated_server      # prints its address, serves until its input closes

Each step takes `FIXED_S` plus `EACH_S` for every running sequence and writes one token of each; at
most `SLOTS` run, the rest wait in order of arrival. Reading prompts costs nothing here, so what is
measured is whether the slots are kept full and nothing else. If the machine is late, steps are made
up for, so that a busy machine does not look like a slow server.
"""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import itertools
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.fakes.openai_server import FakeServer

SLOTS = 256
FIXED_S = 0.010
EACH_S = 0.00005
STEPS = 8
RIGHT_SHARE = 0.12
"""Chance of a right answer: most solutions are wrong, and two prefixes of three have a success."""


class Batch:
    """The sequences that run and wait."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._running: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._step = 0
        self._runner: asyncio.Task[None] | None = None

    async def write(self, lengths: Sequence[int]) -> None:
        """Wait until sequences of so many tokens are all written."""
        loop = asyncio.get_running_loop()
        done = [loop.create_future() for _ in lengths]
        self._waiting.extend(zip(lengths, done, strict=True))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        await asyncio.gather(*done)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._running or self._waiting:
            while self._waiting and len(self._running) < self._slots:
                length, done = self._waiting.popleft()
                heapq.heappush(self._running, (self._step + length, next(self._numbers), done))
            now += FIXED_S + EACH_S * len(self._running)
            await asyncio.sleep(max(0.0, now - loop.time()))
            self._step += 1
            while self._running and self._running[0][0] <= self._step:
                *_, done = heapq.heappop(self._running)
                if not done.done():
                    done.set_result(None)


@dataclass(kw_only=True, eq=False)
class SimulatedServer(FakeServer):
    """A fake server that takes the time a batching one would."""

    slots: int = SLOTS

    def __post_init__(self) -> None:
        FakeServer.__post_init__(self)
        self._batch = Batch(self.slots)

    async def _draw_request(
        self, request: web.BaseRequest, body: dict[str, Any]
    ) -> web.StreamResponse:
        answer = self._answer(request, body)
        await self._batch.write([len(self.tokenizer.encode(c["text"])) for c in answer["choices"]])
        return web.json_response(answer)


def written(prompt: str, address: str, draw: int) -> str:
    """Return the rest of a solution of eight steps of uneven length, fixed by prompt and draw."""
    seed = hashlib.blake2b(f"{prompt}\0{address}\0{draw}".encode(), digest_size=16).digest()
    begun = prompt.count("Step ")
    steps = [f"Step {i + 1}: {'so ' * (1 + seed[i] % 9)}on.\n\n" for i in range(begun, STEPS - 1)]
    answer = 7 if seed[-1] < RIGHT_SHARE * 256 else seed[-2] % 7
    return "".join(steps) + f"Step {STEPS}: done. The answer is {answer}."


def main() -> None:
    """Serve until the standard input closes."""
    with SimulatedServer(writer=written, keep=0) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
