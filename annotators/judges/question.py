"""What is put to a judge: one question about the whole solution, or one about each step."""

from __future__ import annotations

from typing import NamedTuple

from annotators.asking import ask, numbered, quoted
from stepmark.engines.protocol import Message
from stepmark.records import Problem, Solution


class Question(NamedTuple):
    """One conversation for the judge, and the steps that its reply speaks of."""

    messages: tuple[Message, ...]
    """The turns, up to the judge's."""
    first: int
    """Index from 0 of the first of those steps."""
    steps: int
    """How many they are."""
    schema: str | None = None
    """JSON schema that the reply is held to, as JSON text; null for a reply in free text."""


def about_the_whole(
    name: str,
    problem: Problem,
    solution: Solution,
    *,
    count_from: int = 0,
    schema: str | None = None,
    **fields: str,
) -> tuple[Question, ...]:
    """Return one question about the whole solution.

    Args:
        name: prompt with the fields `problem` and `solution`.
        problem: the problem.
        solution: its solution.
        count_from: number of the first step.
        schema: what the reply is held to.
        fields: what else the prompt has a place for.
    """
    messages = ask(
        name,
        problem=quoted(problem.statement),
        solution=numbered(solution.steps, count_from),
        **fields,
    )
    return (Question(messages, 0, len(solution.steps), schema),)


def about_each_step(
    name: str, problem: Problem, solution: Solution, **fields: str
) -> tuple[Question, ...]:
    """Return a question for every step, in view of the steps before it.

    Args:
        name: prompt with the fields `problem`, `before` and `step`.
        problem: the problem.
        solution: its solution.
        fields: what else the prompt has a place for.
    """
    return tuple(
        Question(
            ask(
                name,
                problem=quoted(problem.statement),
                before=numbered(solution.steps[:place]) or "(none)",
                step=f"<step_{place}>\n{quoted(step)}\n</step_{place}>",
                **fields,
            ),
            place,
            1,
        )
        for place, step in enumerate(solution.steps)
    )
