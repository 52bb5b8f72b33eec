"""An engine that buys each draw once: the ledger in front of a real engine.

Draws that the ledger has are handed out for nothing; a draw that somebody in this process is
already buying is waited for; the rest are bought in one request and stored before anyone sees
them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from stepmark.engines.protocol import Completion, Engine, Request
from stepmark.errors import BudgetReached, EngineError
from stepmark.ids import Json, content_id
from stepmark.ledger import Entry, Ledger

ATTEMPTS = 3
"""How often draws that a server left out are asked for again."""


@dataclass(slots=True)
class Meter:
    """What was bought and what was found, counted while it happens."""

    budget_tokens: int | None = None
    """Most completion tokens to buy; null for no limit."""
    requests: int = 0
    """Requests sent."""
    bought: int = 0
    """Draws bought."""
    reused: int = 0
    """Draws found in the ledger."""
    prompt_tokens: int = 0
    """Prompt tokens of the requests sent."""
    completion_tokens: int = 0
    """Tokens of the draws bought."""
    failed: int = 0
    """Draws that could not be had."""

    def check_budget(self) -> None:
        """Raise if the budget is spent."""
        if self.budget_tokens is not None and self.completion_tokens >= self.budget_tokens:
            raise BudgetReached(
                f"The budget of {self.budget_tokens} tokens is spent "
                f"({self.completion_tokens} bought). Everything bought is kept: run the same "
                "command with a larger --max-tokens to go on."
            )


class Purchase:
    """The one buyer of a policy's draws in this process; itself an `Engine`."""

    def __init__(self, engine: Engine, ledger: Ledger, identity: str, meter: Meter) -> None:
        self._engine = engine
        self._ledger = ledger
        self._identity = identity
        self._meter = meter
        self._buying: dict[tuple[str, int], asyncio.Future[Completion | None]] = {}

    def address(self, request: Request) -> str:
        """Return the address (`rq_…`) that a request's draws are kept under."""
        return content_id("rq", self._asked(request))

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        """Return the draws asked, bought or found; those the server left out are missing."""
        request = replace(request, address=self.address(request))
        found = self._ledger.find(request.problem_id, request.address, request.draws)
        self._meter.reused += len(found)
        missing = [draw for draw in request.draws if draw not in found]
        awaited = {
            draw: self._buying[request.address, draw]
            for draw in missing
            if (request.address, draw) in self._buying
        }
        ours = tuple(draw for draw in missing if draw not in awaited)
        if ours:
            for completion in await self._buy(replace(request, draws=ours)):
                found[completion.draw] = completion
        for draw, future in awaited.items():
            completion_or_none = await asyncio.shield(future)
            if completion_or_none is not None:
                found[draw] = completion_or_none
        return tuple(found[draw] for draw in sorted(found))

    async def _buy(self, request: Request) -> tuple[Completion, ...]:
        """Buy draws that nobody is buying, telling those who wait for the same ones."""
        loop = asyncio.get_running_loop()
        futures = {draw: loop.create_future() for draw in request.draws}
        self._buying.update({(request.address, d): f for d, f in futures.items()})
        bought: dict[int, Completion] = {}
        try:
            bought = {c.draw: c for c in await self._buy_all(request)}
        except BaseException as error:
            for future in futures.values():
                future.set_exception(_for_waiters(error))
                future.exception()  # nobody may be waiting: mark it as seen
            raise
        finally:
            for draw, future in futures.items():
                del self._buying[request.address, draw]
                if not future.done():
                    future.set_result(bought.get(draw))
        return tuple(bought.values())

    async def _buy_all(self, request: Request) -> tuple[Completion, ...]:
        """Ask, store, and ask again for what was left out."""
        kept: dict[int, Completion] = {}
        for _ in range(ATTEMPTS):
            self._meter.check_budget()
            wanted = tuple(draw for draw in request.draws if draw not in kept)
            delivered = await self._engine.generate(replace(request, draws=wanted))
            self._count(delivered)
            entry = Entry(request.problem_id, request.address, self._asked(request), delivered)
            kept.update((c.draw, c) for c in await self._ledger.keep(entry))
            if len(kept) == len(request.draws):
                break
        self._meter.failed += len(request.draws) - len(kept)
        return tuple(kept.values())

    def _count(self, delivered: tuple[Completion, ...]) -> None:
        self._meter.requests += 1
        self._meter.bought += len(delivered)
        self._meter.prompt_tokens += max((c.prompt_tokens for c in delivered), default=0)
        self._meter.completion_tokens += sum(c.completion_tokens for c in delivered)
        self._meter.failed += sum(c.finish_reason == "failed" for c in delivered)

    def _asked(self, request: Request) -> Json:
        return {
            "policy": self._identity,
            "prompt": request.prompt.as_json(),
            "sampling": request.sampling.as_json(),
        }


def _for_waiters(error: BaseException) -> BaseException:
    """Return what those who wait for a draw are told when its buyer failed."""
    if isinstance(error, asyncio.CancelledError):
        return EngineError("The buyer of this draw was cancelled.", reason="cancelled")
    return error
