"""What went wrong with a request, in words: pure, from a status and a body to an exception.

Every text says what happened, at which server, with which status, the first 200 characters of what
it answered, and what to do. The API key is blotted out, should a server echo it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import orjson

from stepmark.engines.answers import BadAnswer, ErrorAnswer
from stepmark.engines.endpoint import Endpoint
from stepmark.engines.retry import TOO_MANY_REQUESTS
from stepmark.errors import ContextOverflow, EngineDown, EngineError

_SHOWN_CHARACTERS = 200
_OVERFLOW = re.compile(
    r"maximum context length|context_length_exceeded|exceed_context_size"
    r"|prompt (?:is )?too long|prompt has too many tokens|input (?:is )?too long"
    r"|longer than the (?:model's context|maximum model) length"
    r"|exceeds? (?:the |this )?(?:model'?s |available |maximum )*(?:context|number of tokens)"
    r"|max_tokens must be at least 1, got (?:0|-\d)",
    re.IGNORECASE,
)
_ADVICE: Mapping[int, str] = {
    400: "The request does not suit this server or model: check the recipe's sampling options.",
    401: "Set the environment variable named by api_key_env to a valid key.",
    403: "The key may not use this model: check the account.",
    404: "Check the address (it mostly ends in /v1) and the model name.",
    405: "Check the address: it mostly ends in /v1.",
    TOO_MANY_REQUESTS: "Lower concurrency, or set requests_per_minute and tokens_per_minute.",
}
_SERVER_ADVICE = "Look into the server's log, then run the same command again: what came is kept."


def refused(endpoint: Endpoint, status: int, body: bytes, *, key: str | None) -> EngineError:
    """Return the exception for an HTTP status other than 200."""
    told = server_message(body)
    message = (
        f"{endpoint.base_url} answered {status}{_phrase(status)} for model {endpoint.model!r}: "
        f"{shown(told, key=key)}. {_ADVICE.get(status, _SERVER_ADVICE)}"
    )
    if is_context_overflow(status, body):
        return ContextOverflow(message)
    return EngineError(message, reason=f"http_{status}")


def bad_answer(
    endpoint: Endpoint, problem: BadAnswer, body: bytes, *, key: str | None
) -> EngineError:
    """Return the exception for an answer with status 200 that cannot be used."""
    message = (
        f"{endpoint.base_url} answered 200 for model {endpoint.model!r} with {problem.what}: "
        f"{shown(body.decode(errors='replace'), key=key)}. {_SERVER_ADVICE}"
    )
    if isinstance(problem, ErrorAnswer) and is_context_overflow(HTTPStatus.BAD_REQUEST, body):
        return ContextOverflow(message)
    return EngineError(message, reason="bad_response")


def timed_out(endpoint: Endpoint) -> EngineError:
    """Return the exception for an answer that did not come in time."""
    return EngineError(
        f"{endpoint.base_url} did not answer for model {endpoint.model!r} within "
        f"{endpoint.request_timeout_s:g} s. Lower concurrency, or raise request_timeout_s.",
        reason="timeout",
    )


def connection_lost(endpoint: Endpoint, cause: Exception) -> EngineError:
    """Return the exception for a connection that broke."""
    return EngineError(
        f"The connection to {endpoint.base_url} broke before it answered for model "
        f"{endpoint.model!r} ({type(cause).__name__}: {cause}). {_SERVER_ADVICE}",
        reason="connection_lost",
    )


def nobody_there(endpoint: Endpoint, cause: Exception) -> EngineDown:
    """Return the exception for an address at which nothing listens."""
    return EngineDown(
        f"Nobody answers at {endpoint.base_url} ({type(cause).__name__}: {cause}). "
        "Start the server, or give the right address with --engine."
    )


def no_model_server(endpoint: Endpoint, body: bytes) -> EngineError:
    """Return the exception for an address that serves pages for people."""
    return EngineError(
        f"{endpoint.base_url} answers with a web page, so it is no model server's address: "
        f"{shown(body.decode(errors='replace'), key=None)}. {_ADVICE[404]}",
        reason="no_model_server",
    )


def is_page(body: bytes) -> bool:
    """Return whether a body is HTML."""
    return body.lstrip()[:9].lower().startswith((b"<!doctype", b"<html"))


def unsendable(endpoint: Endpoint, cause: Exception) -> EngineError:
    """Return the exception for a text that has no UTF-8, such as a lone surrogate."""
    return EngineError(
        f"A prompt for model {endpoint.model!r} at {endpoint.base_url} cannot be sent as JSON "
        f"({cause}). Repair the problem's text.",
        reason="unsendable_text",
    )


def after_attempts(
    error: EngineError, attempts: int, *, wait_s: float | None = None
) -> EngineError:
    """Return the same exception, marked as passing and saying how many attempts it was."""
    message = f"{error} (attempt {attempts} of {attempts})" if attempts > 1 else str(error)
    if isinstance(error, EngineDown):
        return EngineDown(message)
    return EngineError(message, reason=error.reason, passing=True, wait_s=wait_s)


def is_context_overflow(status: int, body: bytes) -> bool:
    """Return whether a refusal says that the prompt does not fit the model's context."""
    is_refusal = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if not is_refusal or status == TOO_MANY_REQUESTS:
        return False
    return _OVERFLOW.search(body.decode(errors="replace")) is not None


def server_message(body: bytes) -> str:
    """Return what the server says, in the forms that OpenAI, vLLM, SGLang and FastAPI use."""
    text = body.decode(errors="replace")
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return text
    if not isinstance(answer, dict):
        return text
    error = answer.get("error")
    nested = error.get("message") if isinstance(error, dict) else error
    told = nested or answer.get("message") or answer.get("detail")
    return told if isinstance(told, str) else text


def shown(text: str, *, key: str | None) -> str:
    """Return the beginning of a server's text, on one line, without the key."""
    if key:
        text = text.replace(key, "[key]")
    return " ".join(text.split())[:_SHOWN_CHARACTERS].rstrip(".") or "(empty body)"


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
