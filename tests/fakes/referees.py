"""Referees whose opinion is stated."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any, Literal

from stepmark.records import Comparison


def a_comparison(first: str = "a", second: str = "b", **changes: Any) -> Comparison:
    values: dict[str, Any] = {
        "problem_id": "pb_1",
        "solution_id": "",
        "position": 0,
        "first": first,
        "second": second,
        "prompt": "pr_0",
        "request": "rq_0",
        "draw": 0,
        "preferred": "A",
        "reason": None,
        "text": "Better: A",
        "prompt_tokens": 7,
        "completion_tokens": 2,
    }
    return Comparison(**values | changes)


def asked_of(
    candidates: Sequence[str],
    wins: Sequence[str] = (),
    unreadable: Sequence[str] = (),
    **changes: Any,
) -> list[Comparison]:
    """Return the comparisons of candidates with names of one letter.

    Args:
        candidates: the names.
        wins: pairs such as `ab`: a is preferred to b in both orders. Elsewhere the first one shown
            is preferred, so that nobody wins.
        unreadable: pairs, in the order shown, whose reply cannot be read.
        changes: other fields.
    """
    return [
        a_comparison(first, second, **_said(first, second, wins, unreadable), **changes)
        for first, second in permutations(candidates, 2)
    ]


def _said(
    first: str, second: str, wins: Sequence[str], unreadable: Sequence[str]
) -> dict[str, str | None]:
    if first + second in unreadable:
        return {"preferred": None, "reason": "no_verdict"}
    return {"preferred": "B" if second + first in wins else "A", "reason": None}


class Taste:
    """Prefers the candidate with more of a letter, in either order; the first of equals."""

    def __init__(self, letter: str = "!") -> None:
        self._letter = letter
        self.asked: list[tuple[tuple[str, ...], str, str]] = []
        """(steps before, A, B), in order."""

    async def compare(self, before: Sequence[str], first: str, second: str) -> Comparison:
        self.asked.append((tuple(before), first, second))
        better: Literal["A", "B"] = (
            "A" if first.count(self._letter) >= second.count(self._letter) else "B"
        )
        return a_comparison(first, second, position=len(before), preferred=better)
