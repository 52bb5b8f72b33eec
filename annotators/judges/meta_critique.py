"""SPARK's meta-critique: verify, criticise the verification, merge the two.

Paper: SPARK (arXiv 2512.03244). The first turn is the judge with a verdict on every step
(step_verdicts.py), the second finds flaws in its reply, the third decides on every step anew and is
read as the first. No reference answer is shown. Semantics: correctness.
Cost: three requests a solution and vote.
Deviations: the prompts are our own (the paper's are not known to us).
"""

from __future__ import annotations

from annotators.judges.question import ask, numbered, quoted
from annotators.judges.step_verdicts import example
from stepmark.engines.protocol import Message
from stepmark.records import Problem, Solution


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
