"""Equations: the calculations that a step writes down, checked exactly.

Paper: the calculation check of GroundedPRM (arXiv 2510.14942), which asks an external service.
Semantics: local. A step is correct if every calculation in it holds; whether it calculates the
right thing is not asked. Cost: no request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal

from annotators.verifiers.tools import Tools
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Finding, Problem, Semantics, Solution, Verdict

_SUM = re.compile(r"(?<![\w.])(\d+) ([+*/-]) (\d+) = (\d+)(?![\w/]|\.\d)")
_OPERATIONS = {"+": Fraction.__add__, "-": Fraction.__sub__, "*": Fraction.__mul__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Equations:
    """Checks calculations."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "local"
    policies: ClassVar[tuple[str, ...]] = ()

    method: Literal["equations"]

    async def check(
        self, problem: Problem, solution: Solution, tools: Tools
    ) -> tuple[Finding, ...]:
        """Check each step alone."""
        del problem, tools
        return tuple(_finding(solution.id, i, step) for i, step in enumerate(solution.steps))


def _finding(solution_id: str, index: int, step: str) -> Finding:
    checked = [(match[0], _holds(match)) for match in _SUM.finditer(step)]
    wrong = [text for text, holds in checked if not holds]
    verdict: Verdict = "incorrect" if wrong else "correct" if checked else "unlabelled"
    return Finding(
        solution_id=solution_id,
        step=index,
        verdict=verdict,
        reason=None if checked else "nothing_to_check",
        evidence="; ".join(wrong or [text for text, _ in checked]),
    )


def _holds(match: re.Match[str]) -> bool:
    left, right, result = Fraction(match[1]), Fraction(match[3]), Fraction(match[4])
    operation = _OPERATIONS.get(match[2])
    return (
        (operation(left, right) == result) if operation else right != 0 and left / right == result
    )
