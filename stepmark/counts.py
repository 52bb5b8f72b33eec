"""Rollout counts of many solutions as flat arrays: what every rule reads.

Step i of solution s sits at `offsets[s] + i`; its counts are those of the prefix that *ends* with
the step. Three outcomes are counted, because a draw that cannot be graded is neither right nor
wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Tally(NamedTuple):
    """How the rollouts from one prefix ended."""

    correct: int = 0
    incorrect: int = 0
    unknown: int = 0
    own: int = 0
    """Those of the incorrect ones that ended in the solution's own wrong answer."""

    @property
    def total(self) -> int:
        """All draws, unknown ones too."""
        return self.correct + self.incorrect + self.unknown


class Passage(NamedTuple):
    """What the draws did that came to a step of the solution: with the prefix before it written.

    They began there, or at a shorter prefix and wrote the solution's own steps up to it.
    """

    again: int = 0
    """Draws that wrote the step again, byte for byte, and so came to the next one."""
    left: Tally = Tally()
    """How those ended that wrote something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """How the rollouts from many prefixes ended: int64[M] each."""

    correct: IntArray
    """Draws that reached the reference answer."""
    incorrect: IntArray
    """Draws that reached another answer, or none."""
    unknown: IntArray
    """Draws that cannot be counted."""
    own: IntArray
    """Those of the incorrect ones that ended in the solution's own wrong answer."""

    @property
    def total(self) -> IntArray:
        """Draws by prefix, int64[M]."""
        return self.correct + self.incorrect + self.unknown

    @property
    def graded(self) -> IntArray:
        """Draws by prefix that are known to be right or wrong, int64[M]."""
        return self.correct + self.incorrect


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """Passages by step for many solutions: each draw is in one tally at most, where it left."""

    again: IntArray
    """int64[N]: draws that wrote the step again."""
    left: Tallies
    """int64[N]: how those ended that came to the step and wrote something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts(Tallies):
    """Tallies by step for many solutions: int64[N], N steps altogether."""

    offsets: IntArray
    """int64[solutions + 1]: where each solution's steps start; the last entry is N."""
    root: Tallies
    """Draws from the bare problem, int64[solutions]; all zero where nobody asked for any."""
    passages: Passages
    """The same draws by where they left the solution's text."""
    prover: Counts | None = None
    """Another policy's draws from the same prefixes; None unless the rule names a prover."""
    testimony: FloatArray | None = None
    """Log likelihoods of each first error, and of none, by what witnesses say: float64[N +
    solutions], laid out solution by solution; None without witnesses."""


def tallies_of(table: Sequence[Tally]) -> Tallies:
    """Lay tallies out as arrays."""
    flat = np.array(table, dtype=np.int64).reshape(-1, len(Tally._fields))
    return Tallies(**dict(zip(Tally._fields, flat.T, strict=True)))


def counts_of(
    roots: Sequence[Tally],
    steps: Sequence[Sequence[Tally]],
    passages: Sequence[Sequence[Passage]] | None = None,
) -> Counts:
    """Lay the tallies of many solutions out flat.

    Args:
        roots: draws from the bare problem, one tally a solution.
        steps: for each solution, the tallies of the prefixes that end with each of its steps.
        passages: for each solution, those of its steps; None where no draw wrote a step again.
    """
    if passages is None:
        passages = [
            [Passage(left=tally) for tally in (root, *its[:-1])[: len(its)]]
            for root, its in zip(roots, steps, strict=True)
        ]
    by_step = [passage for its in passages for passage in its]
    flat = tallies_of([tally for solution in steps for tally in solution])
    offsets = np.cumsum([0, *map(len, steps)], dtype=np.int64)
    return Counts(
        correct=flat.correct,
        incorrect=flat.incorrect,
        unknown=flat.unknown,
        own=flat.own,
        offsets=offsets,
        root=tallies_of(roots),
        passages=Passages(
            again=np.array([passage.again for passage in by_step], dtype=np.int64),
            left=tallies_of([passage.left for passage in by_step]),
        ),
    )


def no_draws(offsets: IntArray) -> Counts:
    """Return the counts of solutions that nobody drew rollouts for.

    Args:
        offsets: int64[solutions + 1], where each solution's steps start.
    """
    steps, roots = (np.zeros(size, dtype=np.int64) for size in (offsets[-1], len(offsets) - 1))
    return Counts(
        correct=steps,
        incorrect=steps,
        unknown=steps,
        own=steps,
        offsets=offsets,
        root=Tallies(correct=roots, incorrect=roots, unknown=roots, own=roots),
        passages=Passages(
            again=steps,
            left=Tallies(correct=steps, incorrect=steps, unknown=steps, own=steps),
        ),
    )
