"""Lines of a program of which one was rewritten, labelled by the unit tests.

Paper: PRLCoder (arXiv 2502.01715): the lines of a reference program are correct, and a rewritten
line is what compiler and tests make of it. Semantics: correctness.
What is read: the solution's outcome, and who wrote which step: the rewritten line is the one that
has another writer. Where the program passes, every line is correct, an equivalent mutant's too.
Where it fails, the lines before the rewritten one are correct, that line is incorrect, and nothing
is said of what follows. Where the sandbox stopped it, the rewritten line is unlabelled. A program
that nobody rewrote, or somebody wrote anew as a whole, is labelled only where it passes.
Cost: nothing; the tests have been run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from annotators.verifiers.tools import Tools
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Finding, Problem, Semantics, Solution, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrittenLine:
    """Labels by outcome and writer."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    policies: ClassVar[tuple[str, ...]] = ()

    method: Literal["rewritten"]

    async def check(
        self, problem: Problem, solution: Solution, tools: Tools
    ) -> tuple[Finding, ...]:
        """Label every line; a finding a step."""
        del problem, tools
        at = rewritten_step(solution)
        return tuple(_finding(solution, step, at) for step in range(len(solution.steps)))


def rewritten_step(solution: Solution) -> int | None:
    """Return the index of the one step that is not the original's; None unless it is one."""
    anew = [step for step, writer in enumerate(solution.step_policies) if writer != "given"]
    return anew[0] if len(anew) == 1 else None


def _finding(solution: Solution, step: int, at: int | None) -> Finding:
    verdict, reason = _verdict(solution, step, at)
    marks = solution.answer or ""
    return Finding(
        solution_id=solution.id,
        step=step,
        verdict=verdict,
        reason=reason,
        evidence=f"tests: {marks}" if step == at and marks else "",
        prompt=None,
    )


def _verdict(solution: Solution, step: int, at: int | None) -> tuple[Verdict, str | None]:
    if solution.outcome == "correct" or (at is not None and step < at):
        return "correct", None
    if at is None:
        return "unlabelled", "unclear"
    if step > at:
        return "unlabelled", "after_first_error"
    if solution.outcome == "incorrect":
        return "incorrect", None
    timed_out = solution.outcome_reason == "sandbox_timeout"
    return "unlabelled", "timed_out" if timed_out else "failed"
