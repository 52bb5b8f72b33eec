"""Pairwise judge: which of two next steps is better.

Paper: Process-based Self-Rewarding (arXiv 2503.03746): the policy itself compares two next steps
from the same prefix, with its reasons; best and worst make preference pairs.
Cost: two requests a pair: both orders are asked.
Deviations: the prompt is our own; a preference counts only if it holds in both orders, since judges
prefer a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from annotators.asking import ask, numbered, quoted
from annotators.judges.reply import Failure, UnreadableError, fail, final_line, said
from stepmark.engines.protocol import Message

LABEL: Final = "Better:"


def messages(statement: str, before: Sequence[str], first: str, second: str) -> tuple[Message, ...]:
    """Return the conversation that asks which of two next steps is better, A or B."""
    return ask(
        "pairwise",
        problem=quoted(statement),
        before=numbered(before) or "(none)",
        first=quoted(first),
        second=quoted(second),
    )


def parse(text: str) -> Literal["A", "B"] | Failure:
    """Return the candidate a reply prefers, or why it cannot be read."""
    try:
        word = final_line(said(text), LABEL).strip("()[] ").upper()
        if word not in {"A", "B"}:
            fail("unclear_verdict")
    except UnreadableError as failure:
        return failure.reason
    return "A" if word == "A" else "B"


def preferred(forward: str, backward: str) -> Literal["first", "second"] | None:
    """Return the candidate that is preferred in both orders, or None if there is none.

    Args:
        forward: what `parse` gave with the first candidate as A.
        backward: what it gave with the first candidate as B.
    """
    if (forward, backward) == ("A", "B"):
        return "first"
    return "second" if (forward, backward) == ("B", "A") else None
