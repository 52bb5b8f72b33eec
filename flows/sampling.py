"""What becomes of a problem's solutions: how hard it is, whether to draw more, which ones to keep.

Pure decisions on outcomes in the order of the draws; `flows/stages.py` buys what they ask for.

The solve rate rests on the first round alone. That round has a size of its own, while topping up
ends when enough of both outcomes are there: a rate over those draws would be biased.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Solution

MAX_UNKNOWN = 0.25
"""Largest share of unknown outcomes at which a solve rate is believed, as in the rules: attempts
that fail ramble more and are cut more often, so the rest would flatter the problem's rate."""

Unfit = Literal["too_hard", "too_easy", "solve_rate_unknown", "never_solved", "always_solved"]
"""Why a whole problem is left out."""


class Chosen(NamedTuple):
    """A problem's solutions, divided."""

    kept: tuple[Solution, ...]
    """Those that are labelled, in their order."""
    left: tuple[tuple[Solution, str], ...]
    """The others, with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many solutions of each outcome are wanted of a problem, and how long they are sought."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    correct: int
    """Right solutions kept of a problem: the first ones."""
    incorrect: int
    """Wrong solutions kept of a problem: the first ones."""
    max_draws: int
    """Draws of each policy, those of the first round among them, after which the search ends."""

    def __post_init__(self) -> None:
        if min(self.correct, self.incorrect) < 1:
            raise ValueError(
                f"a quota asks for at least one of each outcome, not for {self.correct} correct "
                f"and {self.incorrect} incorrect"
            )

    def rounds_after(self, size: int) -> Iterator[range]:
        """Yield the draws of every round but the first; each has `size`, the last what is left."""
        for start in range(size, self.max_draws, size):
            yield range(start, min(start + size, self.max_draws))

    def is_full(self, solutions: Sequence[Solution]) -> bool:
        """Tell whether there are as many right and wrong solutions as asked."""
        ended = Counter(solution.outcome for solution in solutions)
        return ended["correct"] >= self.correct and ended["incorrect"] >= self.incorrect

    def choose(self, solutions: Sequence[Solution]) -> Chosen:
        """Keep the first right and the first wrong ones, as many as asked, and nothing else."""
        room = {"correct": self.correct, "incorrect": self.incorrect, "unknown": 0}
        kept: list[Solution] = []
        left: list[tuple[Solution, str]] = []
        for solution in solutions:
            if room[solution.outcome]:
                room[solution.outcome] -= 1
                kept.append(solution)
            else:
                unknown = solution.outcome == "unknown"
                left.append((solution, "unknown_outcome" if unknown else "surplus"))
        return Chosen(tuple(kept), tuple(left))


def solve_rate(solutions: Sequence[Solution], draws: int) -> float | None:
    """Return the share in [0, 1] of graded solutions that are right; None if too few are graded.

    Args:
        solutions: what the draws gave.
        draws: how many there were: one that was lost, or has no step, was not graded either.
    """
    ended = Counter(solution.outcome for solution in solutions)
    graded = ended["correct"] + ended["incorrect"]
    if not graded or draws - graded > MAX_UNKNOWN * draws:
        return None
    return ended["correct"] / graded


def difficulty(rate: float | None, edges: Sequence[float]) -> int | None:
    """Return how many of the rising `edges` lie above the rate: 0 is the easiest bin."""
    return None if rate is None else sum(rate < edge for edge in edges)


def outside(rate: float | None, bounds: tuple[float, float]) -> Unfit | None:
    """Return why a problem of this rate is not wanted, or None; both bounds are inside."""
    least, most = bounds
    if bounds == (0, 1):
        return None
    if rate is None:
        return "solve_rate_unknown"
    return "too_hard" if rate < least else "too_easy" if rate > most else None


def one_sided(solutions: Sequence[Solution]) -> Unfit | None:
    """Return why solutions do not show both outcomes, or None if they do."""
    outcomes = {solution.outcome for solution in solutions}
    if {"correct", "incorrect"} <= outcomes:
        return None
    if "correct" in outcomes:
        return "always_solved"
    return "never_solved" if "incorrect" in outcomes else "solve_rate_unknown"
