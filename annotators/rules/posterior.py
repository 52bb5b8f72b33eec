"""Posterior rule: a step's value is the probability that no step up to it is wrong.

Ours; no paper. It reads the counts that any probe bought, also those of OmegaPRM's search (arXiv
2406.06592) or Math-Shepherd's (arXiv 2312.08935), through the model of stepmark/posterior
(docs/adaptive.md): draws from every prefix, from the bare problem, and the solution's own answer,
which is the count of its last step, are weighed together.
Semantics: correctness, inferred from potential: that the prefix is sound, not what it is worth.
Defaults: threshold 0.9.
Verdicts: `correct` where soundness passes the threshold; `incorrect` from the first error on, once
a single step is the first error with that probability; else `unlabelled`, with the value beside it
("undecided"). So a step is never called wrong before it is known where the errors begin. A solution
with no graded draw from any of its prefixes keeps only the verdict its own answer gives to a single
step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from annotators.rules.reading import Reading
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray, Counts, FloatArray
from stepmark.labels import CORRECT, INCORRECT, UNLABELLED
from stepmark.posterior import Hyper, read_many
from stepmark.posterior.belief import soundness
from stepmark.records import Semantics


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """The chance that the prefix is sound, given everything that was drawn."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    needs_root: ClassVar[bool] = False

    method: Literal["posterior"]
    threshold: float = 0.9
    """Probability at which a verdict is given, in [0.5, 1)."""
    hyper: Hyper = field(default_factory=Hyper)
    """What is believed beforehand; fitted on a pilot and frozen, or the broad default."""

    def __post_init__(self) -> None:
        if not 0.5 <= self.threshold < 1:  # noqa: PLR2004 (below a half two steps could pass)
            raise ValueError(f"threshold must be in [0.5, 1), not {self.threshold}")

    def read(self, counts: Counts) -> Reading:
        """Return values in [0, 1] or NaN, and verdicts; pure."""
        if not counts.correct.size:
            return Reading(np.empty(0), np.empty(0, dtype=np.int8))
        posteriors = read_many(self.hyper, counts)
        sound = np.concatenate([soundness(first_error) for first_error in posteriors])
        located = np.concatenate([self._located(first_error) for first_error in posteriors])
        verdicts = np.where(sound >= self.threshold, CORRECT, UNLABELLED)
        verdicts = np.where(located, INCORRECT, verdicts)
        informed = _informed(counts)
        return Reading(
            np.where(informed, sound, np.nan),
            np.where(informed, verdicts, UNLABELLED).astype(np.int8),
        )

    def _located(self, first_error: FloatArray) -> BoolArray:
        """Return bool[steps]: from the first error on, if one step passes the threshold."""
        reached: BoolArray = np.cumsum(first_error[:-1] >= self.threshold) > 0
        return reached


def _informed(counts: Counts) -> BoolArray:
    """Return bool[N]: steps of solutions that a draw past the bare problem, or a witness, tells of.

    The own answer alone decides a solution of one step, where it is known.
    """
    came = counts.passages.again + counts.passages.left.graded
    lengths = np.diff(counts.offsets)
    first = counts.offsets[:-1][lengths > 0]
    came[first] = counts.passages.again[first]
    drawn = np.concatenate([[0], np.cumsum(came)])
    by_solution = drawn[counts.offsets[1:]] - drawn[counts.offsets[:-1]]
    single = lengths == 1
    informed = (by_solution > 0) | _testified(counts)
    informed[single] |= counts.graded[counts.offsets[:-1][single]] > 0
    return np.asarray(np.repeat(informed, lengths))


def _testified(counts: Counts) -> BoolArray:
    """Return bool[solutions]: of which a witness has said something."""
    solutions = len(counts.offsets) - 1
    if counts.testimony is None:
        return np.zeros(solutions, dtype=np.bool_)
    owner = np.repeat(np.arange(solutions), np.diff(counts.offsets) + 1)
    return np.bincount(owner[counts.testimony != 0], minlength=solutions) > 0
