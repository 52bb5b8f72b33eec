"""CAPO's judge: the numbers of all wrong steps, in one pass.

Paper: CAPO (arXiv 2508.02298): a generative judge lists a solution's wrong steps, k = 4 critiques,
joined by intersection, majority or union (annotators/votes.py). Semantics: correctness.
Defaults: the reference answer is in the prompt (results without it are close, says the paper);
steps are numbered from 1, the paper's base is not known to us.
Cost: one request a solution and vote.
Deviations: the prompt is our own (the paper's is not published).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.asking import quoted
from annotators.judges.question import Question, about_the_whole
from annotators.judges.reply import Reading, fail, final_line, reading, step_of
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Problem, Semantics, Solution

LABEL: Final = "Wrong steps:"
_BETWEEN: Final = re.compile(r"[,;、&]|\band\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capo:
    """A list of the wrong steps."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    asks_each_step: ClassVar[bool] = False
    prompt: ClassVar[str] = "capo"
    needs_reference: ClassVar[bool] = False
    dimensions: ClassVar[tuple[str, ...]] = ()

    method: Literal["capo"]
    reference: bool = True
    """Whether the judge sees the reference answer, where there is one."""
    count_from: Literal[0, 1] = 1
    """The number the judge is shown for the first step."""

    def questions(self, problem: Problem, solution: Solution) -> tuple[Question, ...]:
        """Return one question about the whole solution."""
        known = problem.reference if self.reference else None
        shown = f"\n<reference>\n{quoted(known)}\n</reference>\n" if known is not None else ""
        return about_the_whole(
            self.prompt,
            problem,
            solution,
            count_from=self.count_from,
            given=", the right answer to it" if shown else "",
            reference=shown,
        )

    def parse(self, text: str, steps: int) -> Reading:
        """Read a reply about `steps` steps."""
        return reading(text, lambda answer: self._read(answer, steps))

    def _read(self, answer: str, steps: int) -> Reading:
        listed = final_line(answer, LABEL).strip("[]{} ")
        wrong = {step_of(each, steps, self.count_from) for each in _BETWEEN.split(listed)}
        if None in wrong and len(wrong) > 1:
            fail("contradiction")
        return Reading(
            verdicts=tuple("incorrect" if step in wrong else "correct" for step in range(steps))
        )
