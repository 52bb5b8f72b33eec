"""Sends JSON over HTTP and brings JSON back: connections, back-pressure, throttling, repeats.

One session and one queue for each event loop, made inside it. A draw request holds its place in
flight while it waits to be repeated, so a server in trouble is pressed less, not more. In a fleet
draw requests are sent once and a server that is gone is told at once: the fleet has others to try.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
import orjson

from stepmark.engines import faults
from stepmark.engines.answers import BadAnswer, ErrorAnswer
from stepmark.engines.endpoint import Endpoint
from stepmark.engines.retry import is_transient, retry_after_s
from stepmark.engines.throttle import Throttle
from stepmark.errors import ContextOverflow, EngineDown, EngineError

T = TypeVar("T")
Reader = Callable[[Mapping[str, Any]], T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """Time and chance, passed in so that tests neither wait nor vary."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits so many seconds."""
    monotonic_s: Callable[[], float] = time.monotonic
    """Clock of the throttle."""
    unix_s: Callable[[], float] = time.time
    """Clock that HTTP dates are compared with."""
    rng: random.Random = field(default_factory=random.Random)
    """Source of jitter; no sampling depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request, as often as it takes."""

    url: str
    """Full address."""
    body: Mapping[str, Any] | None = None
    """JSON to post; null is a GET."""
    headers: Mapping[str, str] | None = None
    """Headers beside the usual ones."""
    tokens: int | None = None
    """Most tokens it may cost, for the throttle; null is not throttled."""


class _TransientError(Exception):
    """A failed attempt that is worth repeating."""

    def __init__(self, error: EngineError, wait_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_s = wait_s


@dataclass(slots=True, kw_only=True)
class _PerLoop:
    """What belongs to one event loop."""

    session: aiohttp.ClientSession
    places: asyncio.Semaphore
    lock: asyncio.Lock


class Transport:
    """HTTP to one endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        pacing: Pacing,
        throttle: Throttle | None = None,
        in_fleet: bool = False,
    ) -> None:
        self._endpoint = endpoint
        self._pacing = pacing
        self._in_fleet = in_fleet
        self._key: str | None = None
        self._loops: dict[asyncio.AbstractEventLoop, _PerLoop] = {}
        self._throttle = throttle or throttle_of(endpoint, pacing)

    def place(self) -> AbstractAsyncContextManager[None]:
        """Return the context that holds one of the places in flight, first come first served."""
        return self._here().places

    def once(self) -> AbstractAsyncContextManager[None]:
        """Return the context that lets one coroutine at a time find something out."""
        return self._here().lock

    async def call(self, call: Call, read: Reader[T]) -> T:
        """Send a request until `read` accepts the answer; return what it read.

        Raises:
            EngineError: refused, or still failing after the last repeat.
        """
        data = self._encode(call)
        policy = self._endpoint.retry
        for attempt in range(policy.retries + 1):
            try:
                return await self._attempt(call, data, read)
            except _TransientError as fault:
                if attempt == policy.retries or self._is_the_fleets(call, fault):
                    raise faults.after_attempts(
                        fault.error, attempt + 1, wait_s=fault.wait_s
                    ) from fault
                delay_s = policy.delay_s(attempt, fault.wait_s, self._pacing.rng)
            await self._pacing.sleep(delay_s)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _is_the_fleets(self, call: Call, fault: _TransientError) -> bool:
        """Tell whether a fault is for the fleet to mend."""
        is_draw = call.tokens is not None
        return self._in_fleet and (is_draw or isinstance(fault.error, EngineDown))

    async def close(self) -> None:
        """Close this loop's connections; using the transport again opens new ones."""
        here = self._loops.pop(asyncio.get_running_loop(), None)
        if here is not None:
            await here.session.close()

    def _encode(self, call: Call) -> bytes | None:
        try:
            return None if call.body is None else orjson.dumps(call.body)
        except TypeError as error:
            raise faults.unsendable(self._endpoint, error) from error

    async def _attempt(self, call: Call, data: bytes | None, read: Reader[T]) -> T:
        """Send once, within the throttle; an attempt that failed gives its tokens back."""
        if call.tokens is None:
            body = await self._exchange(call, data)
            if data is None and faults.is_page(body):
                raise faults.no_model_server(self._endpoint, body)
            return self._read(body, read)[0]
        wait_s = self._throttle.reserve(call.tokens)
        used = 0
        try:
            if wait_s > 0:
                await self._pacing.sleep(wait_s)
            result, used = self._read(await self._exchange(call, data), read)
        finally:
            self._throttle.settle(reserved=call.tokens, used=used)
        return result

    async def _exchange(self, call: Call, data: bytes | None) -> bytes:
        """Return the body of an answer with status 200."""
        session = self._here().session
        method = "GET" if data is None else "POST"
        try:
            async with session.request(
                method, call.url, data=data, headers=call.headers, allow_redirects=False
            ) as response:
                body = await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _TransientError(faults.nobody_there(self._endpoint, error)) from error
        except TimeoutError as error:
            raise _TransientError(faults.timed_out(self._endpoint)) from error
        except aiohttp.ClientError as error:
            raise _TransientError(faults.connection_lost(self._endpoint, error)) from error
        if response.status == 200:  # noqa: PLR2004
            return body
        refusal = faults.refused(self._endpoint, response.status, body, key=self._key)
        if is_transient(response.status):
            header = response.headers.get("Retry-After")
            raise _TransientError(refusal, retry_after_s(header, self._pacing.unix_s()))
        raise refusal

    def _read(self, body: bytes, read: Reader[T]) -> tuple[T, int]:
        """Return what was read of a body, and the tokens that its usage counts."""
        try:
            answer = _json_object(body)
            usage = answer.get("usage")
            return read(answer), (usage or {}).get("total_tokens") or 0
        except (orjson.JSONDecodeError, BadAnswer, TypeError, KeyError, AttributeError) as error:
            malformed = BadAnswer(f"malformed JSON ({error})")
            problem = error if isinstance(error, BadAnswer) else malformed
            bad = faults.bad_answer(self._endpoint, problem, body, key=self._key)
            raise bad if isinstance(bad, ContextOverflow) else _TransientError(bad) from error

    def _here(self) -> _PerLoop:
        """Return what belongs to the running loop, made on first use."""
        loop = asyncio.get_running_loop()
        here = self._loops.get(loop)
        if here is None:
            self._loops = {
                known: its for known, its in self._loops.items() if not known.is_closed()
            }
            here = self._loops[loop] = self._open()
        return here

    def _open(self) -> _PerLoop:
        endpoint = self._endpoint
        self._key = endpoint.api_key()
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            timeout=aiohttp.ClientTimeout(
                total=endpoint.request_timeout_s, sock_connect=endpoint.connect_timeout_s
            ),
        )
        return _PerLoop(
            session=session, places=asyncio.Semaphore(endpoint.concurrency), lock=asyncio.Lock()
        )


def throttle_of(endpoint: Endpoint, pacing: Pacing) -> Throttle:
    """Return what keeps to the limits that an endpoint states."""
    return Throttle(
        requests_per_minute=endpoint.requests_per_minute,
        tokens_per_minute=endpoint.tokens_per_minute,
        clock=pacing.monotonic_s,
    )


def _json_object(body: bytes) -> Mapping[str, Any]:
    """Return an answer's JSON object, unless it is an error in disguise."""
    answer = orjson.loads(body)
    if not isinstance(answer, dict):
        raise BadAnswer("no JSON object")
    if answer.get("error") or answer.get("object") == "error":
        raise ErrorAnswer
    return answer
