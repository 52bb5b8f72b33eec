"""Asks a server what it is and serves, before anything is bought from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stepmark.engines.answers import BadAnswer, read_text, read_token_ids
from stepmark.engines.endpoint import Endpoint
from stepmark.engines.protocol import Message
from stepmark.engines.transport import Call, Transport
from stepmark.engines.wire import (
    JsonObject,
    ServerKind,
    detokenize_body,
    server_kind,
    tokenize_messages_body,
)
from stepmark.errors import EngineError

_NOT_LISTED = frozenset({"http_403", "http_404", "http_405", "http_501"})
_GREETING = (Message(role="user", content="Hello"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """What a server says about itself and one of its models."""

    models: tuple[str, ...]
    """Names of all models served."""
    kind: ServerKind
    """Which server it is, from the model's owner; `hosted` is any other."""
    root: str | None
    """What the model was loaded from: a Hub id or a path."""
    max_model_len: int | None
    """Longest prompt and completion together, in tokens."""
    has_tokenize: bool
    """Whether it renders and tokenises conversations: `completions` needs it."""
    has_detokenize: bool
    """Whether it turns token ids back into text: `completions` needs it."""
    version: str | None
    """Version of the server software, if it tells."""


async def describe(endpoint: Endpoint, transport: Transport) -> ServerInfo:
    """Ask the server what it serves (up to 4 requests).

    Raises:
        EngineError: it does not serve the model (`model_not_served`), or does not answer.
    """
    cards = await _cards(endpoint, transport)
    names = tuple(str(card.get("id")) for card in cards)
    if endpoint.model not in names:
        raise EngineError(
            f"{endpoint.base_url} does not serve the model {endpoint.model!r}; it serves: "
            f"{', '.join(names) or 'nothing'}. Name one of these, or start the server with "
            f"--served-model-name {endpoint.model}.",
            reason="model_not_served",
        )
    card = cards[names.index(endpoint.model)]
    return ServerInfo(
        models=names,
        kind=server_kind(card.get("owned_by")),
        root=card.get("root"),
        max_model_len=card.get("max_model_len"),
        has_tokenize=await _has_tokenize(endpoint, transport),
        has_detokenize=await _has_detokenize(endpoint, transport),
        version=await _version(endpoint, transport),
    )


async def find_kind(endpoint: Endpoint, transport: Transport) -> ServerKind:
    """Return which server it is; one that does not list its models counts as hosted.

    Raises:
        EngineError: it should answer and does not. Guessing would change what is sampled.
    """
    try:
        cards = await _cards(endpoint, transport)
    except EngineError as error:
        if error.reason not in _NOT_LISTED:
            raise
        return "hosted"
    owners = {card.get("id"): card.get("owned_by") for card in cards}
    return server_kind(owners.get(endpoint.model) or next(iter(owners.values()), None))


async def _cards(endpoint: Endpoint, transport: Transport) -> list[JsonObject]:
    return await transport.call(Call(url=f"{endpoint.v1_url}/models"), _read_cards)


def _read_cards(answer: Mapping[str, Any]) -> list[JsonObject]:
    cards = answer.get("data")
    if not isinstance(cards, list) or not all(isinstance(card, dict) for card in cards):
        raise BadAnswer("no list of models under `data`")
    return cards


async def _has_tokenize(endpoint: Endpoint, transport: Transport) -> bool:
    body = tokenize_messages_body(endpoint, _GREETING)
    try:
        call = Call(url=f"{endpoint.root_url}/tokenize", body=body)
        return bool(await transport.call(call, read_token_ids))
    except EngineError:
        return False


async def _has_detokenize(endpoint: Endpoint, transport: Transport) -> bool:
    try:
        call = Call(url=f"{endpoint.root_url}/detokenize", body=detokenize_body(endpoint, [0]))
        await transport.call(call, read_text)
    except EngineError:
        return False
    return True


async def _version(endpoint: Endpoint, transport: Transport) -> str | None:
    try:
        call = Call(url=f"{endpoint.root_url}/version")
        return await transport.call(call, lambda answer: str(answer["version"]))
    except EngineError:
        return None
