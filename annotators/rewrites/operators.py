"""Lines of code mutated by fixed operators: no model is asked.

Paper: Ma et al., "Let's reward step by step" (arXiv 2310.10080), labels lines of reference programs
by mutating them and running unit tests. Operators are the usual ones of mutation testing, ours in
detail: comparisons, arithmetic, logic, Boolean constants, whole numbers off by one.
A mutant that passes its tests is no error: its label says so (verifiers/rewritten.py).
Cost: no request; a run in the sandbox a mutant, at most `most` a line.
Deviations: tokens of one line are replaced, not nodes of a syntax tree, so that all else stays byte
for byte; the choice among a line's mutants goes by their place, not by chance.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.rewrites.step import NewStep, Rewrites, code_line
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.policy import Policy
from stepmark.records import Problem, Solution

WRITER: Final = "operators"
_SWAPS: Final[Mapping[str, str]] = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "+": "-", "-": "+", "*": "+", "/": "*", "//": "*", "%": "*",
    "+=": "-=", "-=": "+=", "*=": "+=",
    "and": "or", "or": "and", "True": "False", "False": "True",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Operators:
    """One token of a line exchanged for another."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    policies: ClassVar[tuple[str, ...]] = ()

    method: Literal["operators"]
    most: int = 2
    """Most mutants a line: of its first tokens that an operator applies to."""

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ValueError(f"most must be at least 1, not {self.most}")

    async def rewrites(
        self, problem: Problem, solution: Solution, policies: Mapping[str, Policy]
    ) -> Rewrites:
        """Return the mutants of each line."""
        del problem, policies
        return Rewrites(tuple(self._mutants(solution)), ())

    def _mutants(self, solution: Solution) -> Iterator[NewStep]:
        for index, step in enumerate(solution.steps):
            before, line, end = code_line(step)
            for place, mutant in zip(range(self.most), mutants(line), strict=False):
                yield NewStep(index, before + mutant + end, WRITER, "", place)


def mutants(line: str) -> Iterator[str]:
    """Yield what the operators make of a line, by the place of the token exchanged."""
    for (start, end), new in _exchanges(line):
        yield line[:start] + new + line[end:]


def _exchanges(line: str) -> Iterator[tuple[tuple[int, int], str]]:
    code = line.lstrip()
    offset = len(line) - len(code)
    if code.startswith(("import ", "from ", "@", "def ", "class ")):
        return  # a star or a default there is no calculation
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            new = _SWAPS.get(token.string) or _off_by_one(token)
            if new is not None and token.start[0] == 1:
                yield (offset + token.start[1], offset + token.end[1]), new
    except (tokenize.TokenError, SyntaxError):
        return  # the rest of a bracket or a string is on other lines


def _off_by_one(token: tokenize.TokenInfo) -> str | None:
    small = token.type == tokenize.NUMBER and token.string.isdecimal() and len(token.string) < 10  # noqa: PLR2004
    return str(int(token.string) + 1) if small else None
