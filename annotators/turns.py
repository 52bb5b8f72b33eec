"""A conversation with a judge: one vote's turns, each bought under an address of its own.

A judge that takes several turns is one coroutine, `discuss`: it says what comes next, awaits the
reply and thinks on. Turn by turn the prompt holds what was said before, so every vote goes its own
way; the vote is also the draw's index, so that two votes that agree so far still differ after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from stepmark.engines.protocol import Completion, Message, Request, Sampling
from stepmark.policy import Policy
from stepmark.replies import bought, why_lost


class TurnLostError(Exception):
    """A reply that did not come, or not whole; never leaves the annotator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Say(Protocol):
    """Says something to the judge and returns its reply."""

    async def __call__(
        self, messages: tuple[Message, ...], *, prefix: str = "", stop: tuple[str, ...] = ()
    ) -> str:
        """Return what the judge writes after `prefix`, up to one of the texts in `stop`.

        Raises:
            TurnLostError: nothing came, or it was cut; let it through.
        """
        ...


@dataclass(slots=True, kw_only=True)
class Turns:
    """One vote's conversation: `say` buys the turns, and keeps what came."""

    policy: Policy
    """Who is asked."""
    problem_id: str
    """The problem it serves."""
    sampling: Sampling
    """How replies are drawn."""
    vote: int
    """The draw's index in every turn."""
    request: str = ""
    """Address of the newest turn (`rq_…`)."""
    replies: list[Completion] = field(default_factory=list)
    """What came, in order; the last one may be cut."""

    async def say(
        self, messages: tuple[Message, ...], *, prefix: str = "", stop: tuple[str, ...] = ()
    ) -> str:
        """Buy the next reply."""
        request = Request(
            problem_id=self.problem_id,
            prompt=self.policy.prompt(messages, prefix),
            sampling=replace(self.sampling, stop=(*self.sampling.stop, *stop)),
            draws=(self.vote,),
        )
        self.request = self.policy.purchase.address(request)
        delivered, missing = await bought(self.policy, request)
        if self.vote not in delivered:
            raise TurnLostError(missing)
        reply = delivered[self.vote]
        self.replies.append(reply)
        if (lost := why_lost(reply)) is not None:
            raise TurnLostError(lost)
        return reply.text
