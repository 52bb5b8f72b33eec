"""SPARK's meta-critique: verify, criticise the verification, merge the two.

Paper: SPARK (arXiv 2512.03244). The first turn is the judge with a verdict on every step
(step_verdicts.py), the second finds flaws in its reply, the third decides on every step anew and is
read as the first. No reference answer is shown. Semantics: correctness.
Cost: three requests a solution and vote.
Deviations: the prompts are our own (the paper's are not known to us).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from annotators.asking import ask, numbered, quoted
from annotators.judges.question import Question, about_the_whole
from annotators.judges.reply import Reading, UnreadableError, reading, said
from annotators.judges.step_verdicts import example, read_block
from annotators.turns import Say
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.engines.protocol import Message
from stepmark.records import Problem, Semantics, Solution
from stepmark.sandbox.protocol import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaCritique:
    """Verify, criticise, merge."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    asks_each_step: ClassVar[bool] = False
    prompt: ClassVar[str] = "merge"
    needs_reference: ClassVar[bool] = False
    dimensions: ClassVar[tuple[str, ...]] = ()
    prompts: ClassVar[tuple[str, ...]] = ("step_verdicts", "criticise", "merge")
    turns: ClassVar[int] = 3

    method: Literal["meta_critique"]

    def questions(self, problem: Problem, solution: Solution) -> tuple[Question, ...]:
        """Return the question that the conversation opens with."""
        return about_the_whole(
            "step_verdicts", problem, solution, example=example(len(solution.steps), 0)
        )

    async def discuss(
        self,
        problem: Problem,
        solution: Solution,
        question: Question,
        say: Say,
        sandbox: Sandbox | None,
    ) -> str:
        """Return the reply that decides, after the two before it."""
        del sandbox
        verification = _spoken(await say(question.messages))
        critique = _spoken(await say(criticise(problem, solution, verification)))
        return await say(merge(problem, solution, verification, critique))

    def parse(self, text: str, steps: int) -> Reading:
        """Read the last reply, about `steps` steps."""
        return reading(text, lambda answer: read_block(answer, steps, 0))


def criticise(problem: Problem, solution: Solution, verification: str) -> tuple[Message, ...]:
    """Return the conversation that asks for the flaws of a verification."""
    return ask(
        "criticise",
        problem=quoted(problem.statement),
        solution=numbered(solution.steps),
        verification=quoted(verification),
    )


def merge(
    problem: Problem, solution: Solution, verification: str, critique: str
) -> tuple[Message, ...]:
    """Return the conversation that asks for verdicts in view of both."""
    return ask(
        "merge",
        problem=quoted(problem.statement),
        solution=numbered(solution.steps),
        verification=quoted(verification),
        critique=quoted(critique),
        example=example(len(solution.steps), 0),
    )


def _spoken(reply: str) -> str:
    """Return a turn without its reasoning; one that is nothing else is shown as it is."""
    try:
        return said(reply)
    except UnreadableError:
        return reply
