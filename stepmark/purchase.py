"""An engine that buys each draw once: the ledger in front of a real engine.

Draws that the ledger has are handed out for nothing; a draw that somebody in this process is
already buying is waited for; the rest are bought in one request and stored before anyone sees
them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeAlias

from stepmark.engines.protocol import Completion, Engine, Request
from stepmark.errors import BudgetReached, EngineDown, EngineError
from stepmark.ids import Json, content_id
from stepmark.ledger import Entry, Ledger

ATTEMPTS = 3
"""How often draws are asked for, when a server leaves some of them out."""

Promise: TypeAlias = "asyncio.Future[Completion | None]"
"""What becomes of a draw that is being bought; None if the server left it out to the end."""


class _BuyerGone(EngineError):
    """The buyer was cancelled: whoever waits for its draws has to buy them."""


@dataclass(slots=True)
class Meter:
    """What was bought and what was found, counted while it happens."""

    budget_tokens: int | None = None
    """Completion tokens after which nothing more is ordered; null for no limit. What is under way
    by then still arrives, so that somewhat more may be bought."""
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
    """The one buyer of a policy's draws in this process; itself an `Engine`.

    Belongs to one event loop, like the engine that it buys from.
    """

    def __init__(self, engine: Engine, ledger: Ledger, identity: str, meter: Meter) -> None:
        self._engine = engine
        self._ledger = ledger
        self._identity = identity
        self._meter = meter
        self._buying: dict[tuple[str, int], Promise] = {}

    def address(self, request: Request) -> str:
        """Return the address (`rq_…`) that a request's draws are kept under."""
        return content_id("rq", self._asked(request))

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        """Return the draws asked, bought or found; those that could not be had are missing.

        Raises:
            EngineError: none of the draws could be had.
            EngineDown: nobody answers, so that going on makes no sense.
            BudgetReached: the budget is spent.
            StorageError: the ledger cannot keep what is bought.
        """
        request = replace(request, address=self.address(request))
        found = self._ledger.find(request.problem_id, request.address, request.draws)
        self._meter.reused += len(found)
        missing = tuple(draw for draw in request.draws if draw not in found)
        # Nothing is awaited between this look-up and the claim, so no draw has two buyers.
        theirs = {d: p for d in missing if (p := self._buying.get((request.address, d)))}
        ours = self._claim(request.address, [draw for draw in missing if draw not in theirs])
        if ours:
            with suppress(EngineError):  # the promises tell it to us as to all who wait
                await self._buy(replace(request, draws=tuple(ours)), ours)
        await self._collect(request, ours | theirs, found)
        return tuple(found[draw] for draw in sorted(found))

    async def _collect(
        self, request: Request, promises: dict[int, Promise], found: dict[int, Completion]
    ) -> None:
        """Add what the promises hold to `found`; a failure counts only if that stays empty."""
        failure: EngineError | None = None
        orphans = []
        for draw, promise in promises.items():
            try:
                completion = await asyncio.shield(promise)
            except EngineDown:
                raise
            except _BuyerGone:
                orphans.append(draw)
            except EngineError as error:
                failure = error
            else:
                found.update({} if completion is None else {draw: completion})
        if orphans:
            try:
                again = await self.generate(replace(request, draws=tuple(orphans)))
                found.update((completion.draw, completion) for completion in again)
            except EngineDown:
                raise
            except EngineError as error:
                failure = error
        if failure is not None and not found:
            raise failure

    def _claim(self, address: str, draws: Sequence[int]) -> dict[int, Promise]:
        """Register ourselves as the buyer of draws that nobody is buying."""
        loop = asyncio.get_running_loop()
        promises = {draw: loop.create_future() for draw in draws}
        self._buying.update({(address, draw): promise for draw, promise in promises.items()})
        return promises

    async def _buy(self, request: Request, promises: dict[int, Promise]) -> None:
        """Buy the draws of a request and keep the promises made of them, come what may."""
        bought: dict[int, Completion] = {}
        try:
            bought = await self._buy_all(request)
        except BaseException as error:
            for promise in promises.values():
                promise.set_exception(_for_waiters(error))
                promise.exception()  # nobody may be waiting: mark it as seen
            raise
        finally:
            for draw, promise in promises.items():
                del self._buying[request.address, draw]
                if not promise.done():
                    promise.set_result(bought.get(draw))

    async def _buy_all(self, request: Request) -> dict[int, Completion]:
        """Ask, store, and ask again for what was left out.

        Raises:
            EngineError: asking failed and nothing had come before.
        """
        kept: dict[int, Completion] = {}
        wanted = request.draws
        for _ in range(ATTEMPTS):
            self._meter.check_budget()
            try:
                delivered = await self._engine.generate(replace(request, draws=wanted))
            except EngineError as error:
                if kept and not isinstance(error, EngineDown):
                    break
                self._meter.failed += len(wanted)
                raise
            self._count(delivered)
            entry = Entry(request.problem_id, request.address, self._asked(request), delivered)
            kept.update((c.draw, c) for c in await self._ledger.keep(entry))
            wanted = tuple(draw for draw in request.draws if draw not in kept)
            if not wanted:
                break
        self._meter.failed += len(wanted)
        return kept

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
        return _BuyerGone("The buyer of this draw was cancelled.", reason="cancelled")
    return error
