"""VersaPRM's judge: GOOD, OK or BAD for each step up to the first BAD one, knowing the answer.

Paper: VersaPRM (arXiv 2502.06737); labels are + before the first BAD step and − from it on; −1
means all +. Semantics: correctness.
Defaults: `ok: correct` as in the paper, which makes + of GOOD and OK alike; the authors judge with
Llama-3.1-70B at temperature 0 and 2048 tokens.
Cost: one request a solution and vote.
Deviations: the prompt is our own; it asks for a line of grades beside the number, and a reply in
which the two differ is a contradiction (the authors read the last ten characters of the reply).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.asking import quoted
from annotators.judges.first_error import boxed_step, up_to
from annotators.judges.question import Question, about_the_whole
from annotators.judges.reply import Reading, by_step, fail, final_block, reading
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Problem, Semantics, Solution, Verdict

GRADES: Final[Mapping[str, Verdict]] = {"good": "correct", "ok": "neutral", "bad": "incorrect"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VersaPrm:
    """GOOD, OK and BAD with the reference answer in view."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    asks_each_step: ClassVar[bool] = False
    prompt: ClassVar[str] = "versaprm"
    needs_reference: ClassVar[bool] = True
    dimensions: ClassVar[tuple[str, ...]] = ()

    method: Literal["versaprm"]
    ok: Literal["correct", "neutral"] = "correct"
    """The verdict that OK becomes."""

    def questions(self, problem: Problem, solution: Solution) -> tuple[Question, ...]:
        """Return one question about the whole solution; none without a reference answer."""
        if problem.reference is None:
            return ()
        return about_the_whole(self.prompt, problem, solution, reference=quoted(problem.reference))

    def parse(self, text: str, steps: int) -> Reading:
        """Read a reply about `steps` steps."""
        return reading(text, lambda answer: self._read(answer, steps))

    def _read(self, answer: str, steps: int) -> Reading:
        error = boxed_step(answer, steps, 0)
        grades = by_step(
            final_block(answer[: answer.rindex("boxed")].rstrip("\\ $*"), "Grades"),
            GRADES,
            steps,
            0,
        )
        graded = steps if error is None else error
        if any(verdict == "incorrect" for step, verdict in grades.items() if step < graded):
            fail("contradiction")
        if error is not None and grades.get(error, "incorrect") != "incorrect":
            fail("contradiction")
        if any(step not in grades for step in range(graded)):
            fail("missing_steps")
        plain = up_to(error, steps, after="incorrect")
        return Reading(
            verdicts=tuple(
                self.ok if step < graded and grades[step] == "neutral" else verdict
                for step, verdict in enumerate(plain)
            )
        )
