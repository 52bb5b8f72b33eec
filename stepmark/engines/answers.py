"""Reads the OpenAI-compatible routes' answers: pure, from JSON objects to completions.

A choice is matched to its draw by its `index`. A choice that the server gave up (aborted, or no
finish reason) is left out: its draw stays unfilled and may be asked again. One that it refused for
good (a content filter, a refusal) fills its draw as `failed` with a reason.

Tokens of a choice are counted from the best that the server gives: its token ids, its token
log-probabilities, else its share of `usage.completion_tokens` by length of text, whole numbers
that sum to it. Where there is no usage at all a token is taken as four bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stepmark.engines.protocol import Completion, FinishReason
from stepmark.tokens import token_starts

_BYTES_PER_TOKEN = 4
_FINISH: Mapping[object, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "tool_calls": "stop",
    "function_call": "stop",
    "length": "length",
    "max_tokens": "length",
    "repetition": "length",
    "content_filter": "failed",
}


class BadAnswer(Exception):
    """An answer with status 200 that is not what the route promises; worth asking again."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        """What is wrong with it, in a few words."""


class ErrorAnswer(BadAnswer):
    """An error that came with status 200."""

    def __init__(self) -> None:
        super().__init__("an error")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """One choice, before its tokens are counted."""

    index: int
    text: str
    finish_reason: FinishReason
    reasoning: str
    logprobs: tuple[float, ...] | None
    token_starts: tuple[int, ...] | None
    tokens: int | None
    reason: str | None


def read_completions(
    answer: Mapping[str, Any], draws: Sequence[int], *, prompt_tokens: int, logprobs: bool
) -> tuple[Completion, ...]:
    """Return the draws that an answer fills, in draw order; some may be missing.

    Args:
        answer: the JSON object of either route.
        draws: the indices asked, in the order of the choices' `index`.
        prompt_tokens: used when the server does not count.
        logprobs: whether they were asked for.

    Raises:
        BadAnswer: it fills none of them.
    """
    choices = _choices(answer, len(draws), logprobs=logprobs)
    usage = answer.get("usage") or {}
    prompt_tokens = usage.get("prompt_tokens") or prompt_tokens
    counts = _token_counts(choices, usage.get("completion_tokens"))
    return tuple(
        Completion(
            draw=draws[choice.index],
            text=choice.text,
            finish_reason=choice.finish_reason,
            prompt_tokens=prompt_tokens,
            completion_tokens=count,
            reasoning=choice.reasoning,
            logprobs=choice.logprobs,
            token_starts=choice.token_starts,
            reason=choice.reason,
        )
        for choice, count in zip(choices, counts, strict=True)
    )


def read_token_ids(answer: Mapping[str, Any]) -> list[int]:
    """Return the ids of a /tokenize answer."""
    ids = answer.get("tokens")
    if not isinstance(ids, list) or set(map(type, ids)) - {int}:
        raise BadAnswer("no list of token ids under `tokens`")
    return ids


def read_text(answer: Mapping[str, Any]) -> str:
    """Return the text of a /detokenize answer."""
    text = answer.get("prompt")
    if not isinstance(text, str):
        raise BadAnswer("no text under `prompt`")
    return text


def _choices(answer: Mapping[str, Any], asked: int, *, logprobs: bool) -> list[_Choice]:
    """Return the usable choices by index, the first of each index only."""
    given = answer.get("choices")
    if not isinstance(given, list) or not given:
        raise BadAnswer("no choices")
    by_index: dict[int, _Choice] = {}
    for position, raw in enumerate(given):
        if not isinstance(raw, dict):
            raise BadAnswer("a choice that is no object")
        choice = _choice(raw, position, logprobs=logprobs)
        if choice is not None and 0 <= choice.index < asked:
            by_index.setdefault(choice.index, choice)
    if not by_index:
        raise BadAnswer("no finished choice among the draws asked")
    return [by_index[index] for index in sorted(by_index)]


def _choice(raw: Mapping[str, Any], position: int, *, logprobs: bool) -> _Choice | None:
    """Return one choice of either route, or None when the server gave it up."""
    finish = _FINISH.get(raw.get("finish_reason"))
    if finish is None:
        return None
    message = raw.get("message") or {}
    refused = bool(message.get("refusal"))
    reason = "refusal" if refused else "content_filter" if finish == "failed" else None
    ids = raw.get("token_ids")
    values = _logprobs(raw.get("logprobs"))
    if logprobs and values is None and reason is None:
        raise BadAnswer("a choice without the log-probabilities that were asked for")
    index = raw.get("index")
    text = _text(raw, message)
    reasoning = message.get("reasoning_content") or message.get("reasoning") or ""
    return _Choice(
        index=index if isinstance(index, int) else position,
        text=text,
        finish_reason="failed" if refused else finish,
        reasoning=reasoning,
        logprobs=values if logprobs else None,
        token_starts=_token_starts(raw.get("logprobs"), reasoning, text) if logprobs else None,
        tokens=len(ids) if isinstance(ids, list) else None if values is None else len(values),
        reason=reason,
    )


def _text(raw: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    text = message.get("content") if message else raw.get("text")
    if text is None and message:
        return ""
    if not isinstance(text, str):
        raise BadAnswer("a choice without text")
    return text


def _logprobs(raw: Mapping[str, Any] | None) -> tuple[float, ...] | None:
    """Return the sampled tokens' log-probabilities in either route's form."""
    if not raw:
        return None
    if isinstance(content := raw.get("content"), list):
        return tuple(float(token["logprob"]) for token in content)
    if isinstance(values := raw.get("token_logprobs"), list):
        return tuple(float(value) for value in values)
    return None


def _token_starts(
    raw: Mapping[str, Any] | None, reasoning: str, text: str
) -> tuple[int, ...] | None:
    """Return where the sampled tokens start in the text, by their texts in either route's form."""
    tokens: object = None
    if raw and isinstance(content := raw.get("content"), list):
        tokens = [token.get("token") for token in content]
    elif raw:
        tokens = raw.get("tokens")
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        return None
    return tuple(start - len(reasoning) for start in token_starts(tokens, reasoning + text))


def _token_counts(choices: Sequence[_Choice], total: object) -> list[int]:
    """Return how many tokens each choice has."""
    counted = [choice.tokens for choice in choices]
    if all(count is not None for count in counted):
        return [count for count in counted if count is not None]
    sizes = [len((choice.reasoning + choice.text).encode()) for choice in choices]
    if isinstance(total, int):
        return apportion(total, sizes)
    return [-(-size // _BYTES_PER_TOKEN) for size in sizes]


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total in proportion to weights, exactly: largest remainders get what is left over.

    Equal weights are used when all are 0.
    """
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares
