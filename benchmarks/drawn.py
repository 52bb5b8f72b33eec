"""A solution with its truth and the draws that may be bought from its prefixes.

Draws are addressed: draw k of a prefix ends the same way for every probe that asks for it, so
probes are compared on equal evidence. They are simulated (benchmarks/world.py, game24.py) or were
drawn from a real model beforehand (benchmarks/practice/evidence.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from stepmark.counts import Passage, Tally
from stepmark.records import Outcome

ROOT_DRAWS: Final = 7
"""Draws from the bare problem that sampling eight solutions bought beside the solution itself."""
CORRECT, OWN, OTHER, UNKNOWN = range(4)
"""How a draw ends: right, in the solution's own wrong answer, in another one, or not gradable."""

Ends = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A solution, its truth, and the draws that may be bought from its prefixes."""

    problem: str
    """The problem it attempts; solutions of one problem resemble each other."""
    steps: int
    outcome: Outcome
    first_error: int | None
    """Index of the first wrong step; None if there is none."""
    ends: Ends
    """int8[steps, draws]: how each draw ends."""
    tokens: npt.NDArray[np.int64]
    """int64[steps, draws]: its length."""
    reach: npt.NDArray[np.int64]
    """int64[steps, draws]: how many of the solution's steps it begins with."""
    free: int = ROOT_DRAWS
    """Draws from the bare problem that came with the solutions."""

    def tally(self, position: int, draws: int) -> Tally:
        """Return how the first draws from a prefix ended; the whole solution is its own answer.

        Raises:
            ValueError: more draws are asked for than there are.
        """
        if position == self.steps:
            wrong = int(self.outcome == "incorrect")
            return Tally(correct=1 - wrong, incorrect=wrong, own=wrong)
        if draws > self.ends.shape[1]:
            raise ValueError(f"{draws} draws are asked for and there are {self.ends.shape[1]}")
        return _tally(self.ends[position, :draws])

    def passages(self, used: Mapping[int, int]) -> list[Passage]:
        """Return what draws did at each step, given how many from each position were used."""
        most = np.array([used.get(position, 0) for position in range(self.steps)])
        chosen = np.arange(self.ends.shape[1]) < most[:, None]
        ends, reach = self.ends[chosen], self.reach[chosen]
        begun = np.nonzero(chosen)[0]
        return [
            Passage(
                again=int(((begun <= step) & (reach > step)).sum()),
                left=_tally(ends[reach == step]),
            )
            for step in range(self.steps)
        ]


def _tally(ends: Ends) -> Tally:
    correct, own, other, unknown = np.bincount(ends, minlength=4).tolist()
    return Tally(correct=correct, incorrect=own + other, unknown=unknown, own=own)
