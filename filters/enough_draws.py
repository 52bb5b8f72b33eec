"""Enough draws: a first error that rests on too few rollouts may be bad luck.

Paper: instance-adaptive scaling (arXiv 2506.09338): with a chance p of success a draw, N =
⌈ln(1 − C) / ln(1 − p)⌉ draws hold a success with confidence C. Read backwards: that none of k draws
from a prefix succeeded speaks against it only if k ≥ N, where p is what a sound prefix would reach.
Defaults: C = 0.99 and p clipped to [1e-4, 1 − 1e-4], the authors' code. With p = 0.2 that is 21
draws, and 14 with C = 0.95.
Deviations: the paper chooses how many solutions to sample, by a quantile that a model predicts.
Here p is the success rate measured before the step, or the problem's solve rate where nothing was.
Not asked: the last step, which the solution's own answer decides; steps from which a draw
succeeded (another rule than "none did" made that label); labels without draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from filters.protocol import Limited, Reasons, because
from filters.rows import Steps, numbers, steps_of
from stepmark.counts import FloatArray, IntArray

CLIP = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class EnoughDraws(Limited):
    """Drop solutions whose first error is told by fewer rollouts than it takes."""

    needs_draws: ClassVar[bool] = True

    method: Literal["enough_draws"]
    confidence: float = 0.99
    """C, in (0, 1): how sure it must be that a sound prefix would have shown a success."""

    def __post_init__(self) -> None:
        """Refuse what is no confidence."""
        Limited.__post_init__(self)
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must be in (0, 1), not {self.confidence}")

    def decide(self, rows: pa.Table, fitted: None) -> Reasons:  # noqa: ARG002 (nothing is fitted)
        """Return why each row goes; pure."""
        steps = steps_of(rows)
        has_inner = steps.first_error < steps.lengths - 1
        at = (steps.offsets[:-1] + steps.first_error)[has_inner]
        drawn = steps.graded[at]
        chance = _chance(
            steps, at, steps.first_error[has_inner], numbers(rows, "solve_rate")[has_inner]
        )
        asked = (drawn > 0) & (steps.correct[at] == 0)
        few, unclear = np.zeros((2, rows.num_rows), dtype=np.bool_)
        few[has_inner] = asked & (drawn < draws_needed(chance, self.confidence))
        unclear[has_inner] = asked & np.isnan(chance)
        return because(("chance_unknown", unclear), ("too_few_draws", few))


def draws_needed(chance: FloatArray, confidence: float) -> FloatArray:
    """Return N for chances of success in [0, 1]; NaN stays NaN."""
    clipped = np.clip(chance, CLIP, 1 - CLIP)
    result: FloatArray = np.ceil(np.log1p(-confidence) / np.log1p(-clipped))
    return result


def _chance(steps: Steps, at: IntArray, index: IntArray, solve_rate: FloatArray) -> FloatArray:
    """Return the success rate before the steps at these places, NaN where none is known."""
    before = np.maximum(at - 1, 0)
    measured = (index > 0) & (steps.graded[before] > 0)
    rate = steps.correct[before] / np.maximum(steps.graded[before], 1)
    return np.where(measured, rate, solve_rate)
