"""One-pass judge with a verdict on every step.

Paper: Qwen's "Lessons" (arXiv 2501.07301) has Qwen2.5-72B-Instruct verify solutions step by step
(appendix C); SPARK (arXiv 2512.03244) votes on such verdicts step by step.
Semantics: correctness. Defaults: counts from 0.
Cost: one request a solution and vote.
With `structured` the reply is a JSON object that the server holds to (structured.py).
Deviations: the prompt is our own, and asks for three verdicts, PRM800K's, where the papers ask for
two; a list that leaves a step out is not read at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.judges.question import Question, about_the_whole
from annotators.judges.reply import Reading, by_step, fail, final_block, reading
from annotators.judges.structured import each_of, fields, schema
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Problem, Semantics, Solution, Verdict

FIELD: Final = "verdicts"
"""Field of a structured reply that holds them."""
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
    needs_reference: ClassVar[bool] = False
    dimensions: ClassVar[tuple[str, ...]] = ()

    method: Literal["step_verdicts"]
    count_from: Literal[0, 1] = 0
    """The number the judge is shown for the first step."""
    structured: bool = False
    """Whether the server holds the reply to a JSON schema (guided decoding)."""

    @property
    def prompt(self) -> str:
        """Name of the prompt."""
        return "step_verdicts_json" if self.structured else "step_verdicts"

    def questions(self, problem: Problem, solution: Solution) -> tuple[Question, ...]:
        """Return one question about the whole solution."""
        steps = len(solution.steps)
        names = keys(steps, self.count_from)
        return about_the_whole(
            self.prompt,
            problem,
            solution,
            count_from=self.count_from,
            schema=schema(FIELD, each_of(names, list(WORDS))) if self.structured else None,
            example=", ".join(names) if self.structured else example(steps, self.count_from),
        )

    def parse(self, text: str, steps: int) -> Reading:
        """Read a reply about `steps` steps."""
        return reading(text, lambda answer: self._read(answer, steps))

    def _read(self, answer: str, steps: int) -> Reading:
        if self.structured:
            return listed(fields(answer, FIELD).verdict, steps, self.count_from)
        return read_block(answer, steps, self.count_from)


def keys(steps: int, count_from: int) -> list[str]:
    """Return the name that the judge is shown for each step."""
    return [f"step_{number}" for number in range(count_from, count_from + steps)]


def example(steps: int, count_from: int) -> str:
    """Return the lines of a block with the verdicts left open."""
    return "\n".join(f"{key}: correct|incorrect|neutral" for key in keys(steps, count_from))


def read_block(answer: str, steps: int, count_from: int) -> Reading:
    """Read a block with one line for each of `steps` steps."""
    return _in_order(final_block(answer, "Verdicts"), steps, count_from)


def listed(block: object, steps: int, count_from: int) -> Reading:
    """Read an object with one verdict for each of `steps` steps."""
    if not isinstance(block, dict) or not all(isinstance(word, str) for word in block.values()):
        fail("unclear_verdict")
    return _in_order(block, steps, count_from)


def _in_order(block: Mapping[str, str], steps: int, count_from: int) -> Reading:
    found = by_step(block, WORDS, steps, count_from)
    if len(found) < steps:
        fail("missing_steps")
    return Reading(verdicts=tuple(found[step] for step in range(steps)))
