"""What may go wrong with an answer of the fake server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What a draw request gets instead of, or done to, its proper answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent as it is."""
    keep_choices: int | None = None
    """The answer has only its first so many choices."""
    truncated: bool = False
    """The connection closes in the middle of the body."""
    reset: bool = False
    """The connection closes without an answer."""
    hangs: bool = False
    """Nothing comes until the client gives up."""


Faults = Callable[[int], Fault | None]


def json_answer(answer: dict[str, Any]) -> web.Response:
    """Return an answer as it should be."""
    return web.Response(body=orjson.dumps(answer), content_type="application/json")


async def faulty(
    request: web.BaseRequest, answer: dict[str, Any], fault: Fault
) -> web.StreamResponse:
    """Spoil an answer."""
    if fault.hangs:
        await asyncio.Event().wait()
    if fault.reset:
        return _cut(request)
    if fault.body is not None or fault.status != 200:
        data = fault.body or b""
        return web.Response(body=data, status=fault.status, headers=fault.headers)
    if "choices" in answer:
        answer["choices"] = answer["choices"][: fault.keep_choices]
    if fault.truncated:
        return await _truncated(request, orjson.dumps(answer))
    return json_answer(answer)


def _cut(request: web.BaseRequest) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _truncated(request: web.BaseRequest, data: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(data))})
    await response.prepare(request)
    await response.write(data[: len(data) // 2])
    assert request.transport is not None
    request.transport.close()
    return response
