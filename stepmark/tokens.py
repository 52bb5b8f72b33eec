"""Which characters a token wrote, and which step those are in.

A token belongs to the step in which its first character stands, so one that a step's end runs
through counts for the step before it. Tokens of the lead, of the tail and after the text (the mark
that ends a turn) belong to no step.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from stepmark.records import Solution

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_REACH = 8
"""Characters within which a token's text is looked for, where the ones before did not add up."""


def token_starts(tokens: Sequence[str], text: str) -> tuple[int, ...]:
    """Return where in `text` each token's text starts, in characters from 0; never falling.

    Joined, the tokens are mostly the text, and the places are exact. Some are not in it: half a
    character, which servers show as a replacement character, a special token that the text leaves
    out, what was cut at a stop text. Such a token starts where the one before it ended.
    """
    starts, position, left_out = [], 0, 0
    for token in tokens:
        whole = token.strip(_REPLACEMENT)
        reach = position + len(whole) + left_out + _REACH
        found = text.find(whole, position, reach) if whole else -1
        starts.append(position if found < 0 or token.startswith(_REPLACEMENT) else found)
        if found >= 0:
            position, left_out = found + len(whole), 0
        else:
            left_out += len(token)
    return tuple(starts)


def by_step(
    values: Sequence[float], starts: Sequence[int], solution: Solution
) -> tuple[tuple[float, ...], ...]:
    """Return the values of the tokens of each step.

    Args:
        values: one a token.
        starts: where each token starts in the completion, in characters from 0.
        solution: what was cut from the completion.
    """
    lengths = (len(step) for step in solution.steps)
    edges = list(accumulate(lengths, initial=len(solution.lead)))
    steps: list[list[float]] = [[] for _ in solution.steps]
    for value, start in zip(values, starts, strict=True):
        step = bisect_right(edges, start) - 1
        if 0 <= step < len(steps):
            steps[step].append(value)
    return tuple(map(tuple, steps))
