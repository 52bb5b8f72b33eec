"""The engine that most policies use: any OpenAI-compatible server, over aiohttp.

With `api: completions` (vLLM) it sends token ids and continues a text byte for byte; with
`api: chat` it sends messages, which every hosted model takes. A request for several draws is one
call, so the server reads the prompt once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Self

from stepmark.engines import server_info
from stepmark.engines.answers import read_completions
from stepmark.engines.continuation import Continuation
from stepmark.engines.endpoint import Endpoint
from stepmark.engines.protocol import Completion, Message, Prompt, Request
from stepmark.engines.server_info import ServerInfo
from stepmark.engines.throttle import Throttle
from stepmark.engines.transport import Call, Pacing, Transport
from stepmark.engines.wire import JsonObject, ServerKind, chat_body, completions_body, held_to
from stepmark.errors import ContextOverflow, EngineError, StepmarkError
from stepmark.ids import content_id

__all__ = ["Endpoint", "OpenAICompatible", "ServerInfo"]

_BYTES_PER_TOKEN = 4
_FINGERPRINT = (
    Message(role="user", content="  What is 12 + 345?\n\n"),
    Message(role="assistant", content="<think>\n12 + 345\n</think>\n\nStep 1: It is 357. \n\n"),
    Message(role="user", content="And “naïve” × 2½?"),
)


class OpenAICompatible:
    """One model on an OpenAI-compatible server; close it in the event loop that used it."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        pacing: Pacing | None = None,
        throttle: Throttle | None = None,
        in_fleet: bool = False,
    ) -> None:
        """Prepare an engine; nothing is sent yet.

        Args:
            endpoint: address and limits.
            pacing: time and chance, for tests.
            throttle: the limits when several servers share them; else the endpoint's own.
            in_fleet: whether somebody else repeats draw requests that failed.
        """
        self.endpoint = endpoint
        """Address and limits."""
        self._transport = Transport(
            endpoint, pacing=pacing or Pacing(), throttle=throttle, in_fleet=in_fleet
        )
        self._continuation = Continuation(endpoint, self._transport)
        self._kind: ServerKind | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        """Return completions for the draws asked, in draw order; some may be missing.

        A prompt that does not fit the model's context fills its draws as `failed`.

        Raises:
            EngineError: nothing came back and retrying did not help.
        """
        return await in_orders(self.orders(request), self._ask)

    def orders(self, request: Request) -> tuple[Request, ...]:
        """Return the calls that a request takes: one, or one a draw where several are refused."""
        # vLLM refuses several greedy draws in one call.
        together = self.endpoint.n_supported and request.sampling.temperature > 0
        if len(request.draws) <= 1 or together:
            return (request,) if request.draws else ()
        return tuple(replace(request, draws=(draw,)) for draw in request.draws)

    async def describe(self) -> ServerInfo:
        """Ask the server what it serves; raises EngineError when the model is not among it."""
        return await server_info.describe(self.endpoint, self._transport)

    async def template_digest(self) -> str | None:
        """Return the hash of the ids that a fixed conversation renders to (`te_…`).

        It identifies chat template and tokenizer, and changes when either does. A template that
        prints today's date changes daily, unless `chat_template_kwargs` fixes its `date_string`.

        Returns:
            None for a chat server that does not tokenise conversations.
        """
        try:
            ids = await self._continuation.template_ids(_FINGERPRINT)
        except EngineError as error:
            if self.endpoint.api == "chat" and error.reason == "no_tokenize":
                return None
            raise
        return content_id("te", ids)

    async def close(self) -> None:
        """Close the connections of the running event loop."""
        await self._transport.close()

    async def _ask(self, request: Request) -> tuple[Completion, ...]:
        """Buy all draws with one call, or record that the prompt does not fit."""
        prompt_tokens = 0
        try:
            async with self._transport.place():
                body, prompt_tokens = await self._body(request)
                return await self._transport.call(
                    self._call(request, body, prompt_tokens),
                    lambda answer: read_completions(
                        answer,
                        request.draws,
                        prompt_tokens=prompt_tokens,
                        logprobs=request.sampling.logprobs,
                    ),
                )
        except ContextOverflow as overflow:
            return _overflowed(request, prompt_tokens, overflow)

    async def _body(self, request: Request) -> tuple[JsonObject, int]:
        """Return the request's body and the tokens of its prompt (estimated for chat)."""
        kind = await self._server_kind()
        n, held = len(request.draws), held_to(request.schema, kind)
        if self.endpoint.api == "completions":
            ids = await self._continuation.token_ids(request.prompt)
            body = completions_body(self.endpoint, request.sampling, prompt=ids, n=n, kind=kind)
            return body | held, ids.count
        body = chat_body(self.endpoint, request.prompt, request.sampling, n=n, kind=kind)
        return body | held, _estimated_tokens(request.prompt)

    def _call(self, request: Request, body: JsonObject, prompt_tokens: int) -> Call:
        route = "completions" if self.endpoint.api == "completions" else "chat/completions"
        headers = None
        if request.address:
            headers = {"X-Request-Id": f"{request.address}-{request.draws[0]}"}
        most = prompt_tokens + len(request.draws) * request.sampling.max_tokens
        url = f"{self.endpoint.v1_url}/{route}"
        return Call(url=url, body=body, headers=headers, tokens=most)

    async def _server_kind(self) -> ServerKind:
        """Return which server it is, asked once: it decides which fields a body may have."""
        if self._kind is None:
            async with self._transport.once():
                if self._kind is None:
                    self._kind = await server_info.find_kind(self.endpoint, self._transport)
        return self._kind


async def in_orders(
    orders: Sequence[Request], ask: Callable[[Request], Awaitable[tuple[Completion, ...]]]
) -> tuple[Completion, ...]:
    """Give several orders at once; what came is returned even when some failed."""
    if len(orders) == 1:
        return await ask(orders[0])
    answers = await asyncio.gather(*map(ask, orders), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, StepmarkError):
            raise answer
    errors = [answer for answer in answers if isinstance(answer, StepmarkError)]
    if errors and len(errors) == len(answers):
        raise errors[0]
    return tuple(c for answer in answers if isinstance(answer, tuple) for c in answer)


def _overflowed(
    request: Request, prompt_tokens: int, overflow: ContextOverflow
) -> tuple[Completion, ...]:
    """Return the draws as failed for good: asking again cannot help."""
    return tuple(
        Completion(
            draw=draw,
            text="",
            finish_reason="failed",
            prompt_tokens=prompt_tokens,
            completion_tokens=0,
            reason=overflow.reason,
        )
        for draw in request.draws
    )


def _estimated_tokens(prompt: Prompt) -> int:
    """Return about how many tokens a prompt has, for the throttle: one for four bytes."""
    size = len(prompt.prefix.encode(errors="replace")) + sum(
        len(message.content.encode(errors="replace")) for message in prompt.messages
    )
    return -(-size // _BYTES_PER_TOKEN)
