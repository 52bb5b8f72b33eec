"""Annotation by construction: a spoiled solution has its error where it was put.

Nobody is asked: what an injection wrote is the evidence (annotators/injections), kept as findings.
A solution that was not spoiled is right in every step if its answer is right, which is what was
spoiled; its labels rest on that alone. Semantics: correctness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import pyarrow as pa

from annotators.injections import Spoiled
from annotators.verified import labels_from
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.labels import Labels
from stepmark.records import Finding, Semantics, Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Injected:
    """Labels of spoiled solutions and of those that they were made from."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    policies: ClassVar[tuple[str, ...]] = ()

    method: Literal["injected"]

    def annotate(self, solutions: pa.Table, findings: pa.Table) -> Labels:
        """Label many solutions from their stored findings; pure, as `Verified.annotate`."""
        return labels_from(solutions, findings, self.semantics)


def findings_of_spoiled(solution: Solution, spoiled: Spoiled, kind: str) -> tuple[Finding, ...]:
    """Return a finding a step: wrong where it was made so, sound before, unknown after.

    Steps after the first error that are not said to be wrong rest on it: they are left unlabelled.
    """
    said = f"{kind}: {spoiled.why}" if spoiled.why else kind
    return tuple(
        Finding(solution_id=solution.id, step=step, verdict="incorrect", reason=None, evidence=said)
        if step in spoiled.errors
        else Finding(
            solution_id=solution.id,
            step=step,
            verdict="correct" if step < spoiled.errors[0] else "unlabelled",
            reason=None if step < spoiled.errors[0] else "after_first_error",
            evidence="",
        )
        for step in range(len(solution.steps))
    )


def findings_of_original(solution: Solution) -> tuple[Finding, ...]:
    """Return a finding a step of a solution that was not spoiled."""
    right = solution.outcome == "correct"
    return tuple(
        Finding(
            solution_id=solution.id,
            step=step,
            verdict="correct" if right else "unlabelled",
            reason=None if right else "undecided",
            evidence="the answer is right" if right else "",
        )
        for step in range(len(solution.steps))
    )
