"""Comparing two candidates for a step: what a search asks for, and a policy that is asked.

The question and how its reply is read are annotators/judges/pairwise.py. A reply that does not
come, is cut or cannot be read is kept with its reason and its cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from annotators.asking import prompt_id
from annotators.judges.pairwise import messages, parse
from stepmark.engines.protocol import Completion, Request, Sampling
from stepmark.policy import Policy
from stepmark.records import Comparison, Problem
from stepmark.replies import bought, why_lost


class Referee(Protocol):
    """Compares candidates for the next step of one problem's solution."""

    async def compare(self, before: Sequence[str], first: str, second: str) -> Comparison:
        """Return what is said of two candidates in this order, as of no solution (an empty id).

        Args:
            before: the steps that both go on from.
            first: the candidate shown as A.
            second: the candidate shown as B.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPolicy:
    """A policy as referee; each order of two candidates is bought once."""

    problem: Problem
    """Whose solution is written."""
    policy: Policy
    """Who is asked."""
    sampling: Sampling
    """How replies are drawn."""

    async def compare(self, before: Sequence[str], first: str, second: str) -> Comparison:
        """Ask which of two candidates is better, in this order."""
        asked = messages(self.problem.statement, before, first, second)
        request = Request(
            problem_id=self.problem.id,
            prompt=self.policy.prompt(asked, ""),
            sampling=self.sampling,
            draws=(0,),
        )
        delivered, missing = await bought(self.policy, request)
        reply = delivered.get(0)
        preferred, reason = _read(reply, missing)
        return Comparison(
            problem_id=self.problem.id,
            solution_id="",
            position=len(before),
            first=first,
            second=second,
            prompt=prompt_id("pairwise"),
            request=self.policy.purchase.address(request),
            draw=0,
            preferred=preferred,
            reason=reason,
            text=reply.text if reply else "",
            prompt_tokens=reply.prompt_tokens if reply else 0,
            completion_tokens=reply.completion_tokens if reply else 0,
        )


def _read(reply: Completion | None, missing: str) -> tuple[Literal["A", "B"] | None, str | None]:
    """Return the candidate that a reply prefers, or why it cannot be read."""
    if reply is None:
        return None, missing
    if (lost := why_lost(reply)) is not None:
        return None, lost
    said = parse(reply.text)
    match said:
        case "A" | "B":
            return said, None
        case reason:
            return None, reason
