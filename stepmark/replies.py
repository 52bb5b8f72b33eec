"""Replies of a policy to a question: bought through the ledger, whole, or lost with a reason."""

from __future__ import annotations

from typing import Final

from stepmark.engines.protocol import Completion, Request
from stepmark.errors import EngineDown, EngineError
from stepmark.policy import Policy
from stepmark.purchase import UNDELIVERED

CUT: Final = "cut_by_length"
"""Reason of a reply that was cut before it ended, whatever stands in it."""


async def bought(policy: Policy, request: Request) -> tuple[dict[int, Completion], str]:
    """Return the draws that could be had, by index, and why the others could not.

    Raises:
        EngineDown: every server is down; the build stops and can go on later.
    """
    try:
        return {c.draw: c for c in await policy.purchase.generate(request)}, UNDELIVERED
    except EngineDown:
        raise
    except EngineError as error:
        return {}, error.reason


def why_lost(reply: Completion) -> str | None:
    """Return why a reply is not whole, or None if it is."""
    if reply.finish_reason == "stop":
        return None
    cut = reply.finish_reason == "length"
    return CUT if cut else reply.reason or reply.finish_reason


async def only_reply(policy: Policy, request: Request) -> Completion | str:
    """Return the one draw of a request, or why there is no whole one; raises as `bought`."""
    delivered, missing = await bought(policy, request)
    if not delivered:
        return missing
    (reply,) = delivered.values()
    return why_lost(reply) or reply
