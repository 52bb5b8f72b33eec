"""Turns a prompt into the token ids that a completion continues, byte for byte.

A solution is cut into steps by its text, and a rollout must go on from exactly that text. Sending
the conversation as messages cannot promise it: chat templates trim white space, strip `<think>`
parts and close turns. So the template is rendered and tokenised without the assistant's text, the
prefix is tokenised alone, as the model itself would have begun it, and the ids are joined. The
join is then read back: its text must be the template's text followed by the prefix. Tokenizers
that put a space before every text (SentencePiece) fail this, and get template and prefix as one
text instead, read back likewise. If that fails too, the prefix cannot be continued exactly, and
nothing is bought.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from stepmark.engines.answers import read_text, read_token_ids
from stepmark.engines.endpoint import Endpoint
from stepmark.engines.lru import Lru
from stepmark.engines.protocol import Message, Prompt
from stepmark.engines.transport import Call, Transport
from stepmark.engines.wire import (
    TokenIds,
    detokenize_body,
    tokenize_messages_body,
    tokenize_text_body,
)
from stepmark.errors import EngineError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_TEMPLATES_KEPT = 1024
_PROMPTS_KEPT = 8192
_SHOWN_CHARACTERS = 60
_NO_ROUTE = frozenset({"http_404", "http_405", "http_501"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    """A rendered conversation, up to where the assistant begins to write."""

    ids: list[int]
    text: str


class Continuation:
    """Tokenises prompts on the server that serves them."""

    def __init__(self, endpoint: Endpoint, transport: Transport) -> None:
        self._endpoint = endpoint
        self._transport = transport
        self._templates: Lru[tuple[Message, ...], _Template] = Lru(_TEMPLATES_KEPT)
        self._prompts: Lru[Prompt, TokenIds] = Lru(_PROMPTS_KEPT)
        self._coming: dict[Hashable, asyncio.Future[Any]] = {}

    async def token_ids(self, prompt: Prompt) -> TokenIds:
        """Return the ids of template and prefix (up to 4 small requests the first time).

        Raises:
            EngineError: `inexact_continuation` when no ids read back as the text asked for.
        """
        known = self._prompts.get(prompt)
        if known is not None:
            return known
        return await self._shared(prompt, self._tokenise)

    async def template_ids(self, messages: tuple[Message, ...]) -> list[int]:
        """Return the ids of the rendered conversation, ready for the assistant to write."""
        call = self._call("tokenize", tokenize_messages_body(self._endpoint, messages))
        try:
            ids = await self._transport.call(call, read_token_ids)
        except EngineError as error:
            if error.reason not in _NO_ROUTE:
                raise
            raise self._no_tokenize(str(error)) from error
        if not ids:  # llama.cpp's route of this name takes other fields, and ignores ours
            raise self._no_tokenize(f"{call.url} returned no tokens for a conversation.")
        return ids

    async def _shared(self, key: K, find: Callable[[K], Awaitable[V]]) -> V:
        """Find something out once for all who ask meanwhile: draws of a prompt come in crowds."""
        coming: asyncio.Future[V] | None = self._coming.get(key)
        if coming is None:
            coming = self._coming[key] = asyncio.ensure_future(find(key))
            coming.add_done_callback(partial(self._came, key))
        return await asyncio.shield(coming)

    def _came(self, key: Hashable, coming: asyncio.Future[Any]) -> None:
        del self._coming[key]
        if not coming.cancelled():
            coming.exception()  # nobody may be waiting: mark it as seen

    async def _tokenise(self, prompt: Prompt) -> TokenIds:
        ids = TokenIds.of(await self._join(prompt))
        self._prompts.put(prompt, ids)
        return ids

    async def _join(self, prompt: Prompt) -> list[int]:
        if not prompt.prefix:
            known = self._templates.get(prompt.messages)
            return known.ids if known else await self.template_ids(prompt.messages)
        template = self._templates.get(prompt.messages)
        if template is None:
            template = await self._shared(prompt.messages, self._render)
        wanted = template.text + prompt.prefix
        joined = template.ids + await self._tokenize(prompt.prefix)
        if await self._detokenize(joined) == wanted:
            return joined
        as_one_text = await self._tokenize(wanted)
        if (got := await self._detokenize(as_one_text)) == wanted:
            return as_one_text
        raise self._inexact(wanted, got)

    async def _render(self, messages: tuple[Message, ...]) -> _Template:
        ids = await self.template_ids(messages)
        template = _Template(ids=ids, text=await self._detokenize(ids))
        self._templates.put(messages, template)
        return template

    async def _tokenize(self, text: str) -> list[int]:
        body = tokenize_text_body(self._endpoint, text)
        return await self._transport.call(self._call("tokenize", body), read_token_ids)

    async def _detokenize(self, ids: list[int]) -> str:
        body = detokenize_body(self._endpoint, ids)
        return await self._transport.call(self._call("detokenize", body), read_text)

    def _call(self, route: str, body: dict[str, object]) -> Call:
        return Call(url=f"{self._endpoint.root_url}/{route}", body=body)

    @staticmethod
    def _no_tokenize(what: str) -> EngineError:
        return EngineError(
            f"{what} This server does not tokenise conversations, so the api `completions` "
            "cannot continue a text exactly there: use vLLM, or `api: chat`.",
            reason="no_tokenize",
        )

    def _inexact(self, wanted: str, got: str) -> EngineError:
        at = _first_difference(wanted, got)
        return EngineError(
            f"The tokenizer of {self._endpoint.model!r} at {self._endpoint.base_url} cannot "
            f"continue a solution exactly: at character {at} the text "
            f"{wanted[at : at + _SHOWN_CHARACTERS]!r} reads back as "
            f"{got[at : at + _SHOWN_CHARACTERS]!r}. "
            "Drop the solution, or use `api: chat` if a near continuation will do.",
            reason="inexact_continuation",
        )


def _first_difference(a: str, b: str) -> int:
    """Return the index of the first character that differs."""
    pairs = zip(a, b, strict=False)
    return next((i for i, (x, y) in enumerate(pairs) if x != y), min(len(a), len(b)))
