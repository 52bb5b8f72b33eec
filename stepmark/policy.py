"""A policy: a model with an identity, an engine that serves it, and a way to continue its text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from stepmark.engines.protocol import Message, Prompt
from stepmark.ids import content_id
from stepmark.prompts import load, render
from stepmark.purchase import Purchase

Continuation = Literal["completions", "prefill", "instruct"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyIdentity:
    """What makes two policies the same writer: never an address or a port."""

    model: str
    """Model name, or for a model in a local folder its name and a digest of its weights."""
    revision: str | None
    """Revision on the Hub, if one was named."""
    dtype: str | None
    """Number format or quantisation, if one was named."""
    template: str | None
    """Digest of the token ids that a fixed conversation renders to; null behind a chat API."""
    continuation: Continuation
    """How rollouts continue a prefix."""

    @property
    def id(self) -> str:
        """Content hash (`po_…`)."""
        return content_id("po", asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A served model that draws can be bought from."""

    identity: PolicyIdentity
    """Who writes."""
    purchase: Purchase
    """Where draws are bought and found."""

    def prompt(self, messages: tuple[Message, ...], prefix: str) -> Prompt:
        """Return the prompt whose completion goes on after `prefix` in the assistant's turn.

        An empty prefix is the solve prompt itself. With `instruct` (hosted chat models that
        cannot be prefilled) the prefix is shown in the user's turn instead.
        """
        if not prefix or self.identity.continuation != "instruct":
            return Prompt(messages=messages, prefix=prefix)
        *before, last = messages
        content = render(load("continue"), problem=last.content, prefix=prefix)
        return Prompt(messages=(*before, Message(role=last.role, content=content)))
