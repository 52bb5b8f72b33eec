"""Equations: the calculations and equations that a step asserts, checked exactly.

Paper: the tool check of GroundedPRM (arXiv 2510.14942), which has a model write a query for an
external service and judge its answer. Here no model is asked: what the step itself writes down is
read (stepmark/equations) and worked out with fractions, or with SymPy where there are roots and
letters.
Semantics: local. A step is correct if every equation that can be read in it holds. Whether it works
out the right thing is not asked, and an error that was carried on is no new one.
Cost: no request; some 0.2 ms a step, and a worker process for roots and letters.
Deviations: the step's own equations are checked instead of a query about its objective; a step
without any is `nothing_to_check`, one with an equation that has another reading is `unclear`.
Traps handled: rounding, percentages, units, labels that look like numbers (`Day 2 = 20`), letters
with two values, calculations that run on (`5 + 3 = 8 * 2 = 16`). See docs/verifiers.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from pebble import ProcessExpired

from annotators.verifiers.tools import Tools
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.equations import START, Equation, check, sought_in
from stepmark.equations.symbolic import compare
from stepmark.gather import gather_all
from stepmark.processes import Processes
from stepmark.records import Finding, Problem, Semantics, Solution

Status = Literal["holds", "fails", "unclear", "timed_out", "failed"]


class Told(NamedTuple):
    """What became of an equation."""

    text: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Equations:
    """Whether a step's equations hold."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "local"
    policies: ClassVar[tuple[str, ...]] = ()

    method: Literal["equations"]

    async def check(
        self, problem: Problem, solution: Solution, tools: Tools
    ) -> tuple[Finding, ...]:
        """Check each step, with what the steps before it say of its letters."""
        state = START
        sought = sought_in(problem.statement)
        findings = []
        for index, step in enumerate(solution.steps):
            checked = check(step, state, sought)
            state = checked.state
            told = await gather_all(
                lambda equation: _told(equation, tools.processes), checked.equations
            )
            findings.append(finding(solution.id, index, told))
        return tuple(findings)


def finding(solution_id: str, step: int, told: list[Told]) -> Finding:
    """Return what a step's equations say of it: one that fails decides, then one in doubt."""
    by_status: dict[Status, list[str]] = {}
    for each in told:
        by_status.setdefault(each.status, []).append(each.text)
    if "fails" in by_status:
        return _finding(solution_id, step, by_status["fails"], "incorrect")
    for doubt in ("timed_out", "failed", "unclear"):
        if doubt in by_status:
            return _finding(solution_id, step, by_status[doubt], "unlabelled", doubt)
    if "holds" in by_status:
        return _finding(solution_id, step, by_status["holds"], "correct")
    return _finding(solution_id, step, [], "unlabelled", "nothing_to_check")


def _finding(
    solution_id: str,
    step: int,
    equations: list[str],
    verdict: Literal["correct", "incorrect", "unlabelled"],
    reason: str | None = None,
) -> Finding:
    return Finding(
        solution_id=solution_id,
        step=step,
        verdict=verdict,
        reason=reason,
        evidence="; ".join(equations),
        prompt=None,
    )


async def _told(equation: Equation, processes: Processes) -> Told:
    """Have computer algebra look at an equation that fractions do not decide."""
    if equation.status != "ask":
        return Told(equation.text, equation.status)
    try:
        return Told(equation.text, await processes.run(compare, equation.left, equation.right))
    except TimeoutError:
        return Told(equation.text, "timed_out")
    except ProcessExpired:
        return Told(equation.text, "failed")
    except (ValueError, TypeError, ArithmeticError, RecursionError, MemoryError):
        return Told(equation.text, "failed")
