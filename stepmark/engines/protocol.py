"""What every engine takes and gives: a prompt, how to sample it, and numbered draws.

A draw is addressed (policy, prompt, sampling, index), so that nothing is bought twice: asking for
draws 0–7 after 0–3 buys four. An engine returns at most one completion for each draw asked; the
draws that did not come back stay unfilled, and the caller may ask again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.ids import Json

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "failed", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    role: Role
    """Who speaks."""
    content: str
    """What is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A conversation and the assistant's own text so far, which the completion continues."""

    messages: tuple[Message, ...]
    """The turns, up to the assistant's."""
    prefix: str = ""
    """What the assistant has already written: continued byte for byte, never repeated."""

    def as_json(self) -> Json:
        """Return the JSON that the prompt's address is hashed from."""
        return {
            "messages": [{"role": m.role, "content": m.content} for m in self.messages],
            "prefix": self.prefix,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How completions are drawn; all of it is part of a draw's address."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    temperature: float = 1.0
    """Softmax temperature; 0 is greedy."""
    top_p: float = 1.0
    """Nucleus mass in (0, 1]."""
    top_k: int | None = None
    """Most likely tokens kept; null keeps all."""
    max_tokens: int = 1024
    """Most tokens of one completion."""
    stop: tuple[str, ...] = ()
    """Texts that end a completion."""
    logprobs: bool = False
    """Keep the log-probability of every sampled token, and where it starts."""

    def as_json(self) -> Json:
        """Return the JSON that a draw's address is hashed from."""
        return {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "max_tokens": self.max_tokens,
            "stop": list(self.stop),
            "logprobs": self.logprobs,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An order for numbered draws of one prompt."""

    problem_id: str
    """The problem it serves: says which ledger partition keeps it, not part of the address."""
    prompt: Prompt
    """What to continue."""
    sampling: Sampling
    """How to draw."""
    draws: tuple[int, ...]
    """Indices to fill, ascending, from 0."""
    schema: str | None = None
    """JSON schema that the server holds completions to, as JSON text; null for none."""
    address: str = ""
    """Address of prompt, sampling and schema under a policy (`rq_…`), set by the ledger; with the
    first draw index it travels as the request id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Raw text that an engine returned for one draw, or the reason why it cannot."""

    draw: int
    """The index it fills."""
    text: str
    """What was written after the prefix."""
    finish_reason: FinishReason
    """`stop`: ended by itself; `length`: cut; `failed`: can never be had (see `reason`);
    `refused`: the ledger's note that a server did not deliver it, which it may another time."""
    prompt_tokens: int
    """Tokens of the prompt."""
    completion_tokens: int
    """Tokens of the completion."""
    reasoning: str = ""
    """Reasoning that the server returned apart from the text."""
    logprobs: tuple[float, ...] | None = None
    """Natural log-probability of each sampled token, when asked for."""
    token_starts: tuple[int, ...] | None = None
    """Where in `text` each sampled token starts, characters from 0 (below 0 in the reasoning), when
    log-probabilities were asked for; null where the server does not tell tokens' texts."""
    reason: str | None = None
    """Code of a failure, e.g. `context_overflow`; else null."""


class Engine(Protocol):
    """A back end that serves one policy."""

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        """Return completions for the draws asked, in draw order; some may be missing.

        Raises:
            EngineError: nothing came back and retrying did not help.
        """
        ...
