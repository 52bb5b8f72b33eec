"""Annotation by published step scores: a model's own, read from a file and put to a threshold.

Nobody is asked. The scores are kept as evidence, so another threshold reads no file; a label's
value is its score. A solution that the file does not have, or has in other steps, is unlabelled.
Semantics: what the model was trained to say, `correctness` unless the recipe knows better (a PRM
trained on Monte Carlo labels, as Math-Shepherd's, says `potential`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np
import pyarrow as pa

from annotators.score_file import ScoreFile
from annotators.stored import nothing_spent, rows_of, without_draws
from stepmark import ragged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.labels import (
    CORRECT,
    INCORRECT,
    NO_SCORES,
    NO_STEPS,
    NONE,
    REASONS,
    UNLABELLED,
    CodeArray,
    Labels,
    StepLabels,
    codes_of,
)
from stepmark.records import Semantics, Solution, StepScore

SCORE_COLUMNS: Final = ("solution_id", "step", "score", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """An annotator made of a column of scores."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    policies: ClassVar[tuple[str, ...]] = ()

    method: Literal["step_scores"]
    column: str
    """Column of the file that holds the model's scores, a list a solution."""
    scores: str | None = None
    """File with `steps` and scores, `.jsonl` or `.json`, perhaps gzipped, from the recipe's folder;
    null for the file that the solutions are from."""
    threshold: float = 0.5
    """In (0, 1]: a step with a lower score is incorrect."""
    semantics: Semantics = "correctness"
    """What the scores claim."""

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold must be above 0 and at most 1, not {self.threshold}")

    def gather(self, solution: Solution, file: ScoreFile) -> tuple[StepScore, ...]:
        """Find the scores of one solution; return one a step, in order."""
        scores, reason = file.of(solution.steps)
        found = scores or (None,) * len(solution.steps)
        return tuple(
            StepScore(
                solution_id=solution.id,
                step=step,
                score=score,
                reason=(reason or "no_scores") if score is None else None,
            )
            for step, score in enumerate(found)
        )

    def annotate(self, solutions: pa.Table, scores: pa.Table) -> Labels:
        """Label many solutions from their stored scores; pure.

        Args:
            solutions: with the columns `id` and `steps`.
            scores: with the columns `SCORE_COLUMNS`, in any order.

        Raises:
            StorageError: a score is of no such solution, or has a reason nobody knows.
        """
        counts = without_draws(solutions)
        offsets = counts.offsets
        at = offsets[rows_of(scores, solutions, "scores")] + scores["step"].to_numpy()
        values = np.full(int(offsets[-1]), np.nan)
        values[at] = scores["score"].to_numpy(zero_copy_only=False)
        missing: CodeArray = np.full(len(values), NO_SCORES, dtype=np.int8)
        missing[at] = codes_of(scores["reason"], REASONS)
        known = ~np.isnan(values)
        verdicts = np.where(values < self.threshold, INCORRECT, CORRECT)
        steps = StepLabels(
            verdicts=np.where(known, verdicts, UNLABELLED).astype(np.int8),
            values=values,
            interpolated=np.zeros(len(values), dtype=np.bool_),
            reasons=np.where(known, NONE, missing).astype(np.int8),
        )
        lengths = ragged.lengths(offsets)
        return Labels(
            semantics=self.semantics,
            steps=steps,
            counts=counts,
            first_error=ragged.first(steps.verdicts == INCORRECT, offsets),
            bracketed=np.zeros(len(lengths), dtype=np.bool_),
            reasons=np.where(lengths > 0, NONE, NO_STEPS).astype(np.int8),
            spent=nothing_spent(len(lengths)),
        )
