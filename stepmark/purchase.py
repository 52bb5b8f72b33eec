"""An engine that buys each draw once: the ledger in front of a real engine.

Draws that the ledger has are handed out for nothing; a draw that somebody in this process is
already buying is waited for; the rest are bought in one request and stored before anyone sees
them. An order under way is finished and stored even if all who asked for it are gone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TypeAlias

from stepmark.engines.protocol import Completion, Engine, Request
from stepmark.errors import BudgetReached, EngineDown, EngineError, Interrupted
from stepmark.ids import Json, content_id
from stepmark.ledger import Entry, Ledger

ATTEMPTS = 3
"""How often draws are asked for, when a server leaves some of them out."""

UNDELIVERED = "undelivered"
"""Reason of a draw that the server left out whenever it was asked."""

Order: TypeAlias = "asyncio.Task[dict[int, Completion]]"
"""A request on its way: gives the draws that were bought, without those left out to the end."""

Key: TypeAlias = tuple[str, str, int]
"""Problem, address and draw of an order: what one problem's order buys is kept for that one alone,
even where another has the same statement."""


@dataclass(slots=True)
class Meter:
    """What was bought and what was found, counted while it happens."""

    budget_tokens: int | None = None
    """Completion tokens after which nothing more is ordered; null for no limit. What is under way
    by then still arrives, so that somewhat more may be bought."""
    ordered: int = 0
    """Requests that were asked for, those on their way among them."""
    requests: int = 0
    """Requests answered."""
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

    refusal: str | None = None
    """Why nothing more may be ordered; null while orders are welcome."""

    def check(self) -> None:
        """Raise if nothing more may be ordered, or the budget is spent."""
        if self.refusal is not None:
            raise Interrupted(self.refusal)
        self.check_budget()

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
        self._buying: dict[Key, Order] = {}

    def address(self, request: Request) -> str:
        """Return the address (`rq_…`) that a request's draws are kept under."""
        return content_id("rq", self._asked(request))

    def kept(self, problem_id: str, address: str, draw: int) -> Completion | None:
        """Return a draw that was bought before, of whichever policy; None if it is not here."""
        return self._ledger.find(problem_id, address, (draw,)).get(draw)

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        """Return the draws asked, bought or found; those that could not be had are missing.

        Raises:
            EngineError: none of the draws could be had.
            EngineDown: nobody answers, so that going on makes no sense.
            BudgetReached: the budget is spent.
            Interrupted: nothing more may be ordered.
            StorageError: the ledger cannot keep what is bought.
        """
        request = replace(request, address=self.address(request))
        found = self._ledger.find(request.problem_id, request.address, request.draws)
        self._meter.reused += len(found)
        missing = tuple(draw for draw in request.draws if draw not in found)
        # Nothing is awaited between this look-up and the order, so no draw has two buyers.
        orders = {d: o for d in missing if (o := self._buying.get(_key(request, d)))}
        ours = tuple(draw for draw in missing if draw not in orders)
        if ours:
            orders.update(dict.fromkeys(ours, self._order(replace(request, draws=ours))))
        await self._collect(orders, found)
        return tuple(found[draw] for draw in sorted(found))

    @property
    def under_way(self) -> int:
        """Orders that are not yet filled and stored."""
        return len(set(self._buying.values()))

    async def settled(self) -> None:
        """Wait until every order under way is filled and stored, or has failed."""
        await asyncio.gather(*set(self._buying.values()), return_exceptions=True)

    def _order(self, request: Request) -> Order:
        """Buy draws that nobody is buying, in a task that no asker's end can stop."""
        self._meter.ordered += 1
        order = asyncio.create_task(self._buy(request))
        keys = [_key(request, draw) for draw in request.draws]
        self._buying.update(dict.fromkeys(keys, order))

        def forget(order: Order) -> None:
            for key in keys:
                del self._buying[key]
            if not order.cancelled():
                order.exception()  # nobody may be waiting: mark it as seen

        order.add_done_callback(forget)
        return order

    async def _collect(self, orders: dict[int, Order], found: dict[int, Completion]) -> None:
        """Add the draws that were ordered to `found`; a failure counts only if it stays empty."""
        failure: EngineError | None = None
        for order in dict.fromkeys(orders.values()):
            try:
                bought = await asyncio.shield(order)
            except EngineDown:
                raise
            except EngineError as error:
                failure = error
            else:
                found.update({draw: c for draw, c in bought.items() if orders.get(draw) is order})
        if failure is not None and not found:
            raise failure

    async def _buy(self, request: Request) -> dict[int, Completion]:
        """Ask, store, and ask again for what was left out.

        Draws that cannot be had now are noted as refused: a replay refuses them likewise, and
        another build asks for them again.

        Raises:
            EngineError: asking failed and nothing had come before.
        """
        kept: dict[int, Completion] = {}
        wanted, reason = request.draws, UNDELIVERED
        for _ in range(ATTEMPTS):
            self._meter.check()
            try:
                delivered = await self._engine.generate(replace(request, draws=wanted))
            except EngineDown:
                self._meter.failed += len(wanted)
                raise
            except EngineError as error:
                if kept:
                    reason = error.reason
                    break
                self._meter.failed += len(wanted)
                await self._keep(request, refused(wanted, error.reason))
                raise
            self._count(delivered)
            kept.update((c.draw, c) for c in await self._keep(request, delivered))
            wanted = tuple(draw for draw in request.draws if draw not in kept)
            if not wanted:
                break
        if wanted:
            standing = await self._keep(request, refused(wanted, reason))
            bought = {c.draw: c for c in standing if c.finish_reason != "refused"}
            self._meter.failed += len(wanted) - len(bought)
            kept.update(bought)  # by another process, meanwhile
        return kept

    async def _keep(
        self, request: Request, completions: tuple[Completion, ...]
    ) -> tuple[Completion, ...]:
        entry = Entry(request.problem_id, request.address, self._asked(request), completions)
        return await self._ledger.keep(entry)

    def _count(self, delivered: tuple[Completion, ...]) -> None:
        self._meter.requests += 1
        self._meter.bought += len(delivered)
        self._meter.prompt_tokens += max((c.prompt_tokens for c in delivered), default=0)
        self._meter.completion_tokens += sum(c.completion_tokens for c in delivered)
        self._meter.failed += sum(c.finish_reason == "failed" for c in delivered)

    def _asked(self, request: Request) -> Json:
        asked: dict[str, Json] = {
            "policy": self._identity,
            "prompt": request.prompt.as_json(),
            "sampling": request.sampling.as_json(),
        }
        return asked if request.schema is None else {**asked, "schema": request.schema}


def _key(request: Request, draw: int) -> Key:
    return request.problem_id, request.address, draw


def refused(draws: tuple[int, ...], reason: str) -> tuple[Completion, ...]:
    """Return the ledger's note of draws that could not be had."""
    return tuple(
        Completion(
            draw=draw,
            text="",
            finish_reason="refused",
            prompt_tokens=0,
            completion_tokens=0,
            reason=reason,
        )
        for draw in draws
    )
