"""Request bodies of the OpenAI-compatible routes: pure, from our types to JSON objects.

A server that is run by its user (vLLM, SGLang, llama.cpp) fills what a request leaves out from its
own or the model folder's defaults (Qwen's says top_k 20 and repetition_penalty 1.05), and the same
address would then mean different distributions. So neutral values are written out for them. Hosted
servers refuse some of these fields, and get only what differs from OpenAI's defaults.

No `seed` is ever sent: draws are addressed by index, seeded requests repeat across draws, and one
kills vLLM's CPU engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import orjson

from stepmark.engines.endpoint import Endpoint
from stepmark.engines.protocol import Message, Prompt, Sampling

JsonObject = dict[str, Any]
ServerKind = Literal["vllm", "sglang", "llamacpp", "hosted"]

_NEUTRAL: JsonObject = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIds:
    """A tokenised prompt, kept as the JSON it is sent as: a tenth of the memory of a list."""

    json: bytes
    """The ids as a JSON array."""
    count: int
    """How many they are."""

    @classmethod
    def of(cls, ids: list[int]) -> TokenIds:
        """Keep these ids."""
        return cls(json=orjson.dumps(ids), count=len(ids))


def server_kind(owned_by: object) -> ServerKind:
    """Return the kind of server from what /v1/models says about a model's owner."""
    match owned_by:
        case "vllm" | "sglang" | "llamacpp":
            return owned_by
    return "hosted"


def held_to(schema: str | None, kind: ServerKind) -> JsonObject:
    """Return the fields that hold completions to a JSON schema by guided decoding.

    vLLM has a field of its own for both routes; the others take OpenAI's.
    """
    if schema is None:
        return {}
    wanted = orjson.Fragment(schema)
    if kind == "vllm":
        return {"structured_outputs": {"json": wanted}}
    form = {"name": "reply", "strict": True, "schema": wanted}
    return {"response_format": {"type": "json_schema", "json_schema": form}}


def completions_body(
    endpoint: Endpoint, sampling: Sampling, *, prompt: TokenIds, n: int, kind: ServerKind
) -> JsonObject:
    """Return the body of a /v1/completions request for `n` draws."""
    body: JsonObject = {
        "model": endpoint.model,
        "prompt": orjson.Fragment(prompt.json),
        "n": n,
        **_sampling(sampling, kind),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
    }
    if sampling.logprobs:
        body["logprobs"] = 0 if kind == "vllm" else 1
    if kind == "vllm":
        body["return_token_ids"] = True
    return body


def chat_body(
    endpoint: Endpoint, prompt: Prompt, sampling: Sampling, *, n: int, kind: ServerKind
) -> JsonObject:
    """Return the body of a /v1/chat/completions request for `n` draws.

    A prefix travels as the last assistant message, which the server is asked to continue.
    """
    messages = _turns(prompt.messages)
    body: JsonObject = {
        "model": endpoint.model,
        "messages": messages,
        "n": n,
        **_sampling(sampling, kind),
    }
    if kind != "hosted" or sampling.temperature != 1.0:
        body["temperature"] = sampling.temperature
    if kind != "hosted" or sampling.top_p != 1.0:
        body["top_p"] = sampling.top_p
    if sampling.logprobs:
        body["logprobs"] = True
    if endpoint.chat_template_kwargs:
        body["chat_template_kwargs"] = dict(endpoint.chat_template_kwargs)
    if prompt.prefix:
        messages.append({"role": "assistant", "content": prompt.prefix})
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


def tokenize_messages_body(endpoint: Endpoint, messages: tuple[Message, ...]) -> JsonObject:
    """Return the body that asks /tokenize for the rendered chat template's ids."""
    body: JsonObject = {
        "model": endpoint.model,
        "messages": _turns(messages),
        "add_generation_prompt": True,
    }
    if endpoint.chat_template_kwargs:
        body["chat_template_kwargs"] = dict(endpoint.chat_template_kwargs)
    return body


def tokenize_text_body(endpoint: Endpoint, text: str) -> JsonObject:
    """Return the body that asks /tokenize for a text's ids, with nothing put around it."""
    return {"model": endpoint.model, "prompt": text, "add_special_tokens": False}


def detokenize_body(endpoint: Endpoint, ids: list[int]) -> JsonObject:
    """Return the body that asks /detokenize for the text of these ids."""
    return {"model": endpoint.model, "tokens": ids}


def _turns(messages: tuple[Message, ...]) -> list[JsonObject]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _sampling(sampling: Sampling, kind: ServerKind) -> JsonObject:
    """Return the fields that both routes share."""
    body: JsonObject = {"max_tokens": sampling.max_tokens}
    if kind != "hosted":
        body |= _NEUTRAL
    if sampling.top_k is not None:
        body["top_k"] = sampling.top_k
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    return body
