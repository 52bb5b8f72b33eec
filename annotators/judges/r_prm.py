"""R-PRM's judge: a structured analysis of one step, ending in a fixed line.

Paper: R-PRM (arXiv 2503.21295): analyses of the previous steps, the step, its data, its consistency
and its calculations, a conclusion, and "Verification: Is the step correct (Yes/No)? X"; replies
count that hold exactly one verdict, at their end. Semantics: correctness.
Defaults: the paper takes 10 votes at inference.
Cost: n requests a solution of n steps and vote; they share their prompt up to the step.
Deviations: the wording of the prompt is our own; its headings and last line are the paper's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.judges.question import Question, about_each_step
from annotators.judges.reply import Reading, fail, final_line, reading
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Problem, Semantics, Solution, Verdict

LABEL: Final = "Verification: Is the step correct (Yes/No)?"
WORDS: Final[Mapping[str, Verdict]] = {"yes": "correct", "no": "incorrect"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RPrm:
    """Yes or No to one step, after an analysis."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    asks_each_step: ClassVar[bool] = True
    prompt: ClassVar[str] = "r_prm"
    needs_reference: ClassVar[bool] = False
    dimensions: ClassVar[tuple[str, ...]] = ()

    method: Literal["r_prm"]

    def questions(self, problem: Problem, solution: Solution) -> tuple[Question, ...]:
        """Return one question a step."""
        return about_each_step(self.prompt, problem, solution)

    def parse(self, text: str, steps: int = 1) -> Reading:
        """Read a reply about one step."""
        assert steps == 1
        return reading(text, _read)


def _read(answer: str) -> Reading:
    word = final_line(answer, LABEL).strip("()[] ").lower()
    if word not in WORDS:
        fail("unclear_verdict")
    return Reading(verdicts=(WORDS[word],))
