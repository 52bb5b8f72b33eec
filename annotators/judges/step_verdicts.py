"""One-pass judge with a verdict on every step.

Paper: Qwen's "Lessons" (arXiv 2501.07301) has Qwen2.5-72B-Instruct verify solutions step by step
(appendix C); SPARK (arXiv 2512.03244) votes on such verdicts step by step.
Semantics: correctness. Defaults: counts from 0.
Cost: one request a solution and vote.
Deviations: the prompt is our own, and asks for three verdicts, PRM800K's, where the papers ask for
two; a list that leaves a step out is not read at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.judges.question import Question, ask, numbered, quoted
from annotators.judges.reply import Reading, by_step, fail, final_block, reading
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Problem, Semantics, Solution, Verdict

WORDS: Final[Mapping[str, Verdict]] = {
    "correct": "correct",
    "incorrect": "incorrect",
    "neutral": "neutral",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepVerdicts:
    """A verdict on every step."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    asks_each_step: ClassVar[bool] = False
    prompt: ClassVar[str] = "step_verdicts"
    needs_reference: ClassVar[bool] = False
    dimensions: ClassVar[tuple[str, ...]] = ()

    method: Literal["step_verdicts"]
    count_from: Literal[0, 1] = 0
    """The number the judge is shown for the first step."""

    def questions(self, problem: Problem, solution: Solution) -> tuple[Question, ...]:
        """Return one question about the whole solution."""
        messages = ask(
            self.prompt,
            problem=quoted(problem.statement),
            solution=numbered(solution.steps, self.count_from),
            example=example(len(solution.steps), self.count_from),
        )
        return (Question(messages, 0, len(solution.steps)),)

    def parse(self, text: str, steps: int) -> Reading:
        """Read a reply about `steps` steps."""
        return reading(text, lambda answer: read_block(answer, steps, self.count_from))


def example(steps: int, count_from: int) -> str:
    """Return the lines of a block with the verdicts left open."""
    return "\n".join(
        f"step_{number}: correct|incorrect|neutral"
        for number in range(count_from, count_from + steps)
    )


def read_block(answer: str, steps: int, count_from: int) -> Reading:
    """Read a block with one line for each of `steps` steps."""
    found = by_step(final_block(answer, "Verdicts"), WORDS, steps, count_from)
    if len(found) < steps:
        fail("missing_steps")
    return Reading(verdicts=tuple(found[step] for step in range(steps)))
