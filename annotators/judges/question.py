"""What is put to a judge: a shipped prompt filled in one pass, with the steps numbered by tags.

Problems and solutions are hostile text. They are filled in once and never scanned again, and tags
in them that look like ours are written with `&lt;`, so that a step cannot close itself and speak as
the prompt.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from importlib import resources
from typing import Final, NamedTuple

from stepmark.engines.protocol import Message
from stepmark.ids import content_id
from stepmark.records import Problem, Solution

_TAG: Final = re.compile(
    r"<(?=\s{0,3}/?\s{0,3}(?:step_|problem|solution|reference|candidate|verification|critique))",
    re.IGNORECASE,
)


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


@functools.cache
def prompt(name: str) -> str:
    """Return the shipped prompt of a judge."""
    path = resources.files("annotators") / "judges" / "prompts" / f"{name}.txt"
    return path.read_text(encoding="utf-8").rstrip("\n")


def prompt_id(*names: str) -> str:
    """Return the content hash of a judge's prompts (`pr_…`): who was asked what is on record."""
    return content_id("pr", *map(prompt, names))


def ask(name: str, **fields: str) -> tuple[Message, ...]:
    """Return the conversation of a prompt with its fields filled in, each exactly as given."""
    template = prompt(name)
    missing = [field for field in fields if f"{{{field}}}" not in template]
    assert not missing, f"the prompt {name} has no place for {missing}"
    slot = re.compile(r"\{(" + "|".join(map(re.escape, fields)) + r")\}")
    return (Message(role="user", content=slot.sub(lambda match: fields[match[1]], template)),)


def quoted(text: str) -> str:
    """Return hostile text with tags that look like ours made harmless."""
    return _TAG.sub("&lt;", text.strip())


def numbered(steps: Sequence[str], count_from: int = 0) -> str:
    """Return steps between numbered tags."""
    return "\n".join(
        f"<step_{number}>\n{quoted(step)}\n</step_{number}>"
        for number, step in enumerate(steps, start=count_from)
    )


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
