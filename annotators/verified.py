"""Annotation by a verifier: a tool or prover checks each step, and what it found is kept.

Checking and reading are two functions, as with Monte Carlo: `gather` has one solution checked,
`annotate` is pure and reads the stored findings of many. No model is trusted: a step that the
verifier cannot tell is unlabelled with its reason.
Papers and semantics: the verifier's (annotators/verifiers).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotators.grounded import Grounded
from annotators.stored import nothing_spent, rows_of, without_draws
from annotators.verifiers import Verifier
from annotators.verifiers.tools import Tools
from stepmark import ragged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import IntArray
from stepmark.labels import (
    CORRECT,
    INCORRECT,
    NO_STEPS,
    NONE,
    NOTHING_TO_CHECK,
    REASONS,
    UNLABELLED,
    VERDICTS,
    CodeArray,
    Labels,
    StepLabels,
    codes_of,
)
from stepmark.records import Finding, Problem, Semantics, Solution

FINDING_COLUMNS: Final = ("solution_id", "step", "verdict", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """An annotator made of a verifier."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["verifier"]
    verifier: Verifier
    """What checks the steps."""
    fusion: Grounded | None = None
    """How findings become values together with the outcome; null for the findings themselves."""

    @property
    def semantics(self) -> Semantics:
        """What a label claims."""
        return self.verifier.semantics if self.fusion is None else self.fusion.semantics

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies that the verifier asks; mostly none."""
        return self.verifier.policies

    async def gather(
        self, problem: Problem, solution: Solution, tools: Tools
    ) -> tuple[Finding, ...]:
        """Check one solution; return a finding a step, in order."""
        return await self.verifier.check(problem, solution, tools)

    def annotate(self, solutions: pa.Table, findings: pa.Table) -> Labels:
        """Label many solutions from their stored findings; pure.

        Args:
            solutions: with the columns `id`, `steps` and `outcome`.
            findings: with the columns `FINDING_COLUMNS`, in any order.

        Raises:
            StorageError: a finding is of no such solution, or has a reason nobody knows.
        """
        return labels_from(solutions, findings, self.semantics, self.fusion)


def labels_from(
    solutions: pa.Table, findings: pa.Table, semantics: Semantics, fusion: Grounded | None = None
) -> Labels:
    """Return the labels that stored findings are, fused with the outcomes if so wanted."""
    counts = without_draws(solutions)
    offsets = counts.offsets
    steps = _step_labels(findings, rows_of(findings, solutions, "findings"), offsets)
    reasons: CodeArray = np.full(len(offsets) - 1, NONE, dtype=np.int8)
    if fusion is not None:
        steps, reasons = fusion.fuse(steps.verdicts, _outcomes(solutions), offsets)
        steps = steps.withdrawn(reasons, offsets)
    reasons = np.where(ragged.lengths(offsets) > 0, reasons, NO_STEPS).astype(np.int8)
    return Labels(
        semantics=semantics,
        steps=steps,
        counts=counts,
        first_error=ragged.first(steps.verdicts == INCORRECT, offsets),
        bracketed=np.zeros(len(reasons), dtype=np.bool_),
        reasons=reasons,
        spent=nothing_spent(len(reasons)),
    )


def _step_labels(findings: pa.Table, rows: IntArray, offsets: IntArray) -> StepLabels:
    steps = int(offsets[-1])
    at = offsets[rows] + findings["step"].to_numpy()
    verdicts: CodeArray = np.full(steps, UNLABELLED, dtype=np.int8)
    reasons: CodeArray = np.full(steps, NOTHING_TO_CHECK, dtype=np.int8)
    verdicts[at] = codes_of(findings["verdict"], VERDICTS)
    reasons[at] = codes_of(findings["reason"], REASONS)
    values = np.full(steps, np.nan)
    values[verdicts == CORRECT] = 1.0
    values[verdicts == INCORRECT] = 0.0
    return StepLabels(
        verdicts=verdicts,
        values=values,
        interpolated=np.zeros(steps, dtype=np.bool_),
        reasons=reasons,
    )


def _outcomes(solutions: pa.Table) -> IntArray:
    """Return 1 for a right answer, −1 for a wrong one, 0 where that is not known."""
    outcomes = solutions["outcome"]
    right, wrong = (
        pc.equal(outcomes, which).to_numpy().astype(np.int64) for which in ("correct", "incorrect")
    )
    signs: IntArray = right - wrong
    return signs
