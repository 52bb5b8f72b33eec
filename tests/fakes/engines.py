"""An engine on a fake server that never really waits, and orders to give it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from stepmark.engines.endpoint import Endpoint
from stepmark.engines.http import OpenAICompatible
from stepmark.engines.protocol import Completion, Message, Prompt, Request, Sampling
from stepmark.engines.transport import Pacing
from tests.fakes.openai_server import FakeServer

T = TypeVar("T")
NOW_S = 1_000_000_000.0
QUESTION = (Message(role="user", content="What is 2 + 2?"),)


class Waits:
    """Remembers how long it was asked to sleep, and turns a clock by it instead."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept_s.append(seconds)

    @property
    def now_s(self) -> float:
        """Seconds slept so far."""
        return sum(self.slept_s)


class Listener:
    """A fake server's writer that remembers every prompt it was asked to continue."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def __call__(self, prompt: str, _address: str, _draw: int) -> str:
        self.prompts.append(prompt)
        return "x"


def a_request(
    draws: tuple[int, ...] = (0,), prefix: str = "", address: str = "", **sampling: Any
) -> Request:
    """An order for one question."""
    return Request(
        problem_id="pb_1",
        prompt=Prompt(messages=QUESTION, prefix=prefix),
        sampling=Sampling(**sampling),
        draws=draws,
        address=address,
    )


def with_engine(
    server: FakeServer | str,
    work: Callable[[OpenAICompatible], Awaitable[T]],
    *,
    waits: Waits | None = None,
    **endpoint: Any,
) -> T:
    """Run some work with an engine in an event loop of its own."""
    waits = waits or Waits()
    pacing = Pacing(
        sleep=waits,
        monotonic_s=lambda: waits.now_s,
        unix_s=lambda: NOW_S,
        rng=random.Random(0),
    )
    url = server if isinstance(server, str) else server.url

    async def run() -> T:
        place = Endpoint(**{"base_url": url, "model": "fake", **endpoint})
        async with OpenAICompatible(place, pacing=pacing) as engine:
            return await work(engine)

    return asyncio.run(run())


def generate(
    server: FakeServer | str,
    request: Request | None = None,
    *,
    waits: Waits | None = None,
    **endpoint: Any,
) -> tuple[Completion, ...]:
    """Give one order to a fresh engine."""
    order = request or a_request()
    return with_engine(server, lambda engine: engine.generate(order), waits=waits, **endpoint)
