"""Annotation by construction: a spoiled solution has its error where it was put.

Nobody is asked: what an injection wrote is the evidence (annotators/injections), kept as findings.
It is held against the answer alone: where that is still right although the error should have
changed it, the error may never have been made, and nothing is said of the steps from it on
(`still_right`). A solution that was not spoiled is right in every step if its answer is right,
which is what was spoiled; its labels rest on that alone, as do those before an error, and they are
flagged as interpolated. Semantics: correctness.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple

import pyarrow as pa

from annotators.injections import Spoiled
from annotators.verified import labels_from
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.labels import CORRECT, Labels
from stepmark.records import Finding, Semantics, Solution, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Injected:
    """Labels of spoiled solutions and of those that they were made from."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    policies: ClassVar[tuple[str, ...]] = ()

    method: Literal["injected"]

    def annotate(self, solutions: pa.Table, findings: pa.Table) -> Labels:
        """Label many solutions from their stored findings; pure, as `Verified.annotate`.

        That a step is correct is always taken from an answer, so that it is interpolated.
        """
        labels = labels_from(solutions, findings, self.semantics)
        steps = replace(labels.steps, interpolated=labels.steps.verdicts == CORRECT)
        return replace(labels, steps=steps)


def findings_of_spoiled(
    solution: Solution, spoiled: Spoiled, kind: str, prompt: str, *, changes_answer: bool
) -> tuple[Finding, ...]:
    """Return a finding a step: wrong where it was made so, sound before, unknown after.

    Steps after the first error that are not said to be wrong rest on it: they are left unlabelled.
    So are all from the first error on if that error is in doubt.

    Args:
        solution: the spoiled solution, graded.
        spoiled: what the writer said of it.
        kind: the kind of error that was asked for.
        prompt: content hash of the prompt that asked (`pr_…`).
        changes_answer: whether an error of the kind should change the answer.
    """
    doubtful = changes_answer and solution.outcome == "correct"

    def said(step: int) -> _Said:
        if step < spoiled.errors[0]:
            return _Said("correct", None, "as in a solution whose answer is right")
        if doubtful:
            told = f"{kind}: {spoiled.why}" if step in spoiled.errors else ""
            return _Said("unlabelled", "still_right", told)
        if step in spoiled.errors:
            return _Said("incorrect", None, f"{kind}: {spoiled.why}")
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
