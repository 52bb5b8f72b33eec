"""GroundedPRM's fusion: what a tool found about the steps that follow, and the final outcome.

Paper: GroundedPRM (arXiv 2510.14942): from a node, N simulated steps with tool verdicts v = ±1 and
the outcome F = ±1 give V = Σ_i v_i/N · (N − i)/N + F/N, i from 0; a node's value is its own V and
0.9^d of those of its descendants at distance d; the label is its sign.
Semantics: potential, as it looks ahead. Defaults: the authors' decay of 0.9.
Deviations: the simulation from a step is the solution's own continuation, which is what a path of
their tree is, and nothing is drawn for it; nodes that several solutions share are not pooled; the
tool may abstain (v = 0), where the authors' model always judges. The value is the sum scaled by its
largest to [0, 1], so that ½ is their 0.
The authors' cleaning: a solution in which the tool and the sign differ on a step is left out
(`contradicted`), and steps from the first sound one after the first error on are withheld.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from stepmark import ragged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import FloatArray, IntArray
from stepmark.labels import (
    AFTER_FIRST_ERROR,
    CONTRADICTED,
    CORRECT,
    INCORRECT,
    NONE,
    UNDECIDED,
    UNKNOWN_OUTCOME,
    UNLABELLED,
    CodeArray,
    StepLabels,
)
from stepmark.records import Semantics

EVEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """Step values from findings and outcomes."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "potential"

    method: Literal["groundedprm"]
    decay: float = 0.9
    """What a step further ahead counts against one before it, in (0, 1]."""

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise ValueError(f"decay must be in (0, 1], not {self.decay}")

    def fuse(
        self, found: CodeArray, outcomes: IntArray, offsets: IntArray
    ) -> tuple[StepLabels, CodeArray]:
        """Return labels of the steps, and why a whole solution has none; pure.

        Args:
            found: int8[steps], verdicts of the tool by code.
            outcomes: int64[solutions], 1 for right, −1 for wrong, 0 for unknown.
            offsets: int64[solutions + 1], where each solution's steps start.
        """
        signs = np.where(found == CORRECT, 1.0, np.where(found == INCORRECT, -1.0, 0.0))
        values = np.full(len(found), np.nan)
        for solution, (start, stop) in enumerate(itertools.pairwise(offsets)):
            values[start:stop] = self.values(signs[start:stop], float(outcomes[solution]))
        verdicts = np.where(values > EVEN, CORRECT, np.where(values < EVEN, INCORRECT, UNLABELLED))
        owner = ragged.owners(offsets)
        differs = (signs != 0) & (verdicts != found)
        contradicted = np.bincount(owner[differs], minlength=len(outcomes)) > 0
        reasons = np.where(contradicted, CONTRADICTED, NONE)
        reasons = np.where(outcomes == 0, UNKNOWN_OUTCOME, reasons).astype(np.int8)
        return _cut(verdicts.astype(np.int8), values, offsets), reasons

    def values(self, signs: FloatArray, outcome: float) -> FloatArray:
        """Return the value in [0, 1] of each step of one solution, ½ being the paper's 0."""
        summed, largest = self._summed(signs, outcome), self._summed(np.ones_like(signs), 1.0)
        values: FloatArray = (1 + summed / largest) / 2
        return values

    def _summed(self, signs: FloatArray, outcome: float) -> FloatArray:
        """Return Q of each step: its own V, and what comes later, discounted."""
        total, after = np.zeros(len(signs)), 0.0
        for step in range(len(signs) - 1, -1, -1):
            ahead = len(signs) - step
            weights = np.arange(ahead, 0, -1) / ahead**2
            after = float(weights @ signs[step:]) + outcome / ahead + self.decay * after
            total[step] = after
        return total


def _cut(verdicts: CodeArray, values: FloatArray, offsets: IntArray) -> StepLabels:
    """Withhold the steps from the first sound one after the first error on."""
    owner, index = ragged.owners(offsets), ragged.indices(offsets)
    error = ragged.first(verdicts == INCORRECT, offsets)[owner]
    recovered = ragged.first((verdicts != INCORRECT) & (index > error), offsets)[owner]
    withheld = index >= recovered
    verdicts = np.where(withheld, UNLABELLED, verdicts).astype(np.int8)
    reasons = np.where(verdicts == UNLABELLED, UNDECIDED, NONE)
    return StepLabels(
        verdicts=verdicts,
        values=np.where(withheld, np.nan, values),
        interpolated=np.zeros(len(verdicts), dtype=np.bool_),
        reasons=np.where(withheld, AFTER_FIRST_ERROR, reasons).astype(np.int8),
    )
