"""Annotation by construction: a spoiled solution has its error where it was put.

Nobody is asked: what an injection wrote is the evidence (annotators/injections), kept as findings.
A solution that was not spoiled is right in every step if its answer is right, which is what was
spoiled; its labels rest on that alone. Semantics: correctness.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import pyarrow as pa

from annotators.injections import Spoiled
from annotators.verified import labels_from
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.labels import Labels
from stepmark.records import Finding, Semantics, Solution, Verdict


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


def findings_of_spoiled(
    solution: Solution, spoiled: Spoiled, kind: str, prompt: str
) -> tuple[Finding, ...]:
    """Return a finding a step: wrong where it was made so, sound before, unknown after.

    Steps after the first error that are not said to be wrong rest on it: they are left unlabelled.

    Args:
        solution: the spoiled solution.
        spoiled: what the writer said of it.
        kind: the kind of error that was asked for.
        prompt: content hash of the prompt that asked (`pr_…`).
    """

    def said(step: int) -> _Said:
        if step in spoiled.errors:
            return _Said("incorrect", None, f"{kind}: {spoiled.why}")
        if step < spoiled.errors[0]:
            return _Said("correct", None, "")
        return _Said("unlabelled", "after_first_error", "")

    return _findings(solution, said, prompt)


def findings_of_unspoiled(solution: Solution, prompt: str | None) -> tuple[Finding, ...]:
    """Return a finding a step of a solution that was not spoiled: right if its answer is.

    Args:
        solution: a sampled solution, or another one that was asked for.
        prompt: content hash of the prompt that asked; null for a sampled solution.
    """
    right = solution.outcome == "correct"
    said = (
        _Said("correct", None, "the answer is right")
        if right
        else _Said("unlabelled", "undecided", "")
    )
    return _findings(solution, lambda _: said, prompt)


class _Said(NamedTuple):
    verdict: Verdict
    reason: str | None
    evidence: str


def _findings(
    solution: Solution, said: Callable[[int], _Said], prompt: str | None
) -> tuple[Finding, ...]:
    return tuple(
        Finding(solution_id=solution.id, step=step, prompt=prompt, **said(step)._asdict())
        for step in range(len(solution.steps))
    )
