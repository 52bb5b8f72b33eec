"""One policy's servers, one or many, behind one engine that outlives their troubles.

What is repeated where: each server's engine repeats its small requests (tokenising) itself, but
sends a draw request once. The fleet repeats it, at once at another server if there is one that it
has not failed at, else after a wait (`Endpoint.retry`). A request that keeps failing on servers
that answer others is given up after `retries` repeats, and its draws stay unfilled.

A server rests when nobody answers at its address, or when it fails several requests in a row. Its
requests go to the others. After a wait that grows it is greeted: it is back when it serves the
same model and renders the same template as before. While all rest, requests wait; when that has
lasted `patience_s` they are told `EngineDown`. Only an answered draw proves that things are well
again, so servers that come and go without answering do not stretch the patience.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from stepmark.engines import faults
from stepmark.engines.endpoint import Endpoint
from stepmark.engines.http import OpenAICompatible, in_orders
from stepmark.engines.places import Places
from stepmark.engines.protocol import Completion, Request
from stepmark.engines.transport import Pacing, throttle_of
from stepmark.errors import EngineDown, EngineError, StepmarkError

PATIENCE_S = 1800.0
"""How long to wait for servers that are all down: loading a large model takes minutes."""
_FAULTS_IN_A_ROW = 8
"""Failed requests, with none answered between, after which a server rests."""


@dataclass(slots=True, kw_only=True)
class _Server:
    """One server, and how it fares."""

    endpoint: Endpoint
    engine: OpenAICompatible
    faults: int = 0
    """Failed requests in a row."""
    rests: int = 0
    """Greetings in a row that were not answered well, or led to no answered draw."""
    trouble: EngineError | None = None
    """Why it rests; null while it does not."""
    next_try_s: float = 0.0
    """When it is greeted next, on the fleet's clock."""


class Fleet:
    """An `Engine` over the servers of one policy; for one event loop, which must close it."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        patience_s: float = PATIENCE_S,
        pacing: Pacing | None = None,
    ) -> None:
        """Prepare a fleet; nothing is sent before `meet`.

        Args:
            endpoints: servers of the same model, which differ in their addresses alone. Their
                concurrency is each server's; their limits a minute are those of all together.
            patience_s: longest wait, in seconds, while all of them are down.
            pacing: time and chance, for tests.
        """
        self._pacing = pacing or Pacing()
        self._retry = endpoints[0].retry
        self._patience_s = patience_s
        throttle = throttle_of(endpoints[0], self._pacing)
        self._servers = [
            _Server(
                endpoint=endpoint,
                engine=OpenAICompatible(endpoint, pacing=pacing, throttle=throttle, in_fleet=True),
            )
            for endpoint in endpoints
        ]
        self._places = Places(len(endpoints), each=endpoints[0].concurrency)
        self._template: str | None = None
        self._silent_since_s: float | None = None
        self._tasks: set[asyncio.Future[None]] = set()

    async def meet(self) -> str | None:
        """Greet every server; return the digest of the template that all of them render.

        A server that is down rests until it can be greeted.

        Raises:
            EngineDown: nobody answers at any address.
            EngineError: one does not serve the model, or they do not render the same.
        """
        greetings = await asyncio.gather(
            *(_greet(server) for server in self._servers), return_exceptions=True
        )
        down: list[tuple[int, EngineDown]] = []
        templates: dict[str, str | None] = {}
        for number, (server, greeting) in enumerate(zip(self._servers, greetings, strict=True)):
            if isinstance(greeting, EngineDown):
                down.append((number, greeting))
            elif isinstance(greeting, BaseException):
                raise greeting
            else:
                templates[server.endpoint.base_url] = greeting
        if not templates:
            raise down[0][1]
        (first, self._template), *others = templates.items()
        for url, template in others:
            if template != self._template:
                raise _differs(url, template, first, self._template)
        for number, error in down:
            self._rest(number, error)
        return self._template

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        """Return completions for the draws asked, in draw order; some may be missing.

        Raises:
            EngineError: nothing came back and repeating did not help.
            EngineDown: no server has answered for as long as the fleet is patient.
            Interrupted: it was told to stop before this was sent.
        """
        return await in_orders(self._servers[0].engine.orders(request), self._buy)

    def stop(self, why: StepmarkError) -> None:
        """Send nothing more: what is not under way is told why, what is still comes."""
        self._places.refuse(why)
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Close all connections, and look after no server any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self._servers:
            await server.engine.close()

    @property
    def in_flight(self) -> int:
        """Requests that were sent and not answered."""
        return self._places.in_flight

    def trouble(self) -> str | None:
        """Say which servers rest, why, and when they are tried again; None if all are well."""
        resting = [server for server in self._servers if server.trouble is not None]
        if not resting:
            return None
        now_s = self._pacing.monotonic_s()
        told = "; ".join(
            f"{server.trouble} Next try in {max(0.0, server.next_try_s - now_s):.0f} s"
            for server in resting
        )
        if self._silent_since_s is None or len(resting) < len(self._servers):
            return f"{len(resting)} of {len(self._servers)} servers rest: {told}"
        silent_s = now_s - self._silent_since_s
        left_s = max(0.0, self._patience_s - silent_s)
        return (
            f"waiting for the server, silent for {silent_s:.0f} s: {told}, stopping (resumable) "
            f"in {left_s:.0f} s"
        )

    async def _buy(self, order: Request) -> tuple[Completion, ...]:
        """Send one call until it is answered, or has failed as often as it may."""
        failed_at: set[int] = set()
        attempts = 0
        while True:
            async with self._places.place(order.problem_id, avoid=failed_at) as number:
                try:
                    completions = await self._servers[number].engine.generate(order)
                except EngineDown as error:  # no fault of the request
                    self._rest(number, error)
                    continue
                except EngineError as error:
                    if not error.passing:
                        self._is_well(number)
                        raise
                    attempts += 1
                    if attempts > self._retry.retries:
                        raise faults.after_attempts(error, attempts) from error
                    self._note_fault(number, error)
                    failed_at.add(number)
                    if not self._has_other(failed_at):
                        # The place is held meanwhile: a server in trouble is pressed less.
                        await self._pause(attempts, error.wait_s)
                        failed_at.clear()
                else:
                    self._is_well(number)
                    return completions

    def _has_other(self, failed_at: set[int]) -> bool:
        return any(
            number not in failed_at and self._places.is_open(number)
            for number in range(len(self._servers))
        )

    async def _pause(self, attempts: int, asked_s: float | None) -> None:
        """Wait before a repeat, unless told to stop."""
        wait_s = self._retry.delay_s(attempts - 1, asked_s, self._pacing.rng)
        pause = asyncio.ensure_future(self._pacing.sleep(wait_s))
        self._tasks.add(pause)
        try:
            await asyncio.wait({pause})
        finally:
            self._tasks.discard(pause)
            pause.cancel()
        self._places.check()

    def _is_well(self, number: int) -> None:
        server = self._servers[number]
        server.faults = server.rests = 0
        self._silent_since_s = None

    def _note_fault(self, number: int, error: EngineError) -> None:
        server = self._servers[number]
        server.faults += 1
        if server.faults >= _FAULTS_IN_A_ROW:
            self._rest(number, error)

    def _rest(self, number: int, why: EngineError) -> None:
        """Let a server rest, and see to it that it is tried again."""
        server = self._servers[number]
        if server.trouble is not None:
            return
        server.trouble = why
        self._places.close(number)
        if self._silent_since_s is None and all(s.trouble for s in self._servers):
            self._silent_since_s = self._pacing.monotonic_s()
        task = asyncio.ensure_future(self._revive(number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _revive(self, number: int) -> None:
        """Greet a server, after growing waits, until it is the one it was."""
        server = self._servers[number]
        while server.trouble is not None:
            wait_s = self._retry.delay_s(server.rests, server.trouble.wait_s, self._pacing.rng)
            server.rests += 1
            server.next_try_s = self._pacing.monotonic_s() + wait_s
            await self._pacing.sleep(wait_s)
            server.trouble = await self._greeting_trouble(server)
            self._give_up_if_due()
        server.faults = 0
        self._places.open(number)

    async def _greeting_trouble(self, server: _Server) -> EngineError | None:
        """Greet a server; return what is wrong with it."""
        try:
            template = await _greet(server)
        except EngineError as error:
            return error
        if template == self._template:
            return None
        return _differs(server.endpoint.base_url, template, "before", self._template)

    def _give_up_if_due(self) -> None:
        """Tell those who wait that nobody answers, once that has lasted too long."""
        troubles = [server.trouble for server in self._servers]
        if self._silent_since_s is None or not all(troubles):
            return
        silent_s = self._pacing.monotonic_s() - self._silent_since_s
        if silent_s >= self._patience_s:
            told = " ".join(str(trouble) for trouble in troubles)
            self.stop(
                EngineDown(
                    f"No server has answered for {silent_s:.0f} s. {told} Everything bought is "
                    "kept: run the same command to go on, with a larger --engine-wait to wait "
                    "longer."
                )
            )


async def _greet(server: _Server) -> str | None:
    """Ask a server whether it serves the model, and how it renders the test conversation."""
    await server.engine.describe()
    return await server.engine.template_digest()


def _differs(url: str, template: str | None, other: str, wanted: str | None) -> EngineError:
    return EngineError(
        f"The servers of a policy differ: {url} renders the test conversation to {template}, "
        f"{other} to {wanted}. Serve the same model with the same tokenizer and chat template "
        "at all of its addresses.",
        reason="servers_differ",
    )
