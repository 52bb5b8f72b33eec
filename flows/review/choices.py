"""The choices that review tools offer about a solution, and what choosing one says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from flows.review.queue import Item
from stepmark.records import Review
from stepmark.reviews import writable

NONE_WRONG: Final = "none is wrong"
CANNOT_TELL: Final = "cannot tell"
UNSAID: Final = "no reason given"
"""Reason of somebody who cannot tell and writes no note."""
_STEP: Final = re.compile(r"step (0|[1-9]\d{0,5})", re.ASCII)
GUIDELINES: Final = (
    "Read the problem and the steps in order. Choose the first step that is wrong: what it says is "
    "false, or it does not follow, or the right answer can no longer be reached without taking it "
    "back. A step that builds rightly on an earlier mistake is not the first wrong one. A right "
    f"answer does not make every step right. If no step is wrong choose “{NONE_WRONG}”; if you "
    f"cannot decide choose “{CANNOT_TELL}” and say why in the note. Do not guess."
)
"""What people are asked to do, in every tool; the first mistake as Uesato et al. (arXiv 2211.14275)
had it marked."""


class Answer(NamedTuple):
    """One person's answer about one solution, as a tool exported it."""

    solution_id: str
    steps: str
    """By what its steps are known again (`st_…`)."""
    reviewer: str
    choice: str
    note: str


class Skipped(NamedTuple):
    """An answer that says nothing, or a piece of an export that is none."""

    what: str
    """Which one it is."""
    reason: str
    """Short code."""


def choices(steps: int) -> list[str]:
    """Return the choices about a solution of so many steps."""
    return [*(step_choice(step) for step in range(steps)), NONE_WRONG, CANNOT_TELL]


def step_choice(step: int) -> str:
    """Return the choice that a step, from 0, is the first wrong one."""
    return f"step {step}"


def review_of(answer: Answer) -> Review | Skipped:
    """Return what an answer says, in texts that can be written."""
    answer = Answer(*map(writable, answer))
    note, step = answer.note.strip(), _STEP.fullmatch(answer.choice)
    if step is None and answer.choice not in {NONE_WRONG, CANNOT_TELL}:
        return Skipped(f"{answer.solution_id} by {answer.reviewer}", "no_such_choice")
    unsure = answer.choice == CANNOT_TELL
    return Review(
        solution_id=answer.solution_id,
        steps=answer.steps,
        reviewer=answer.reviewer,
        says="incorrect" if step else "unknown" if unsure else "correct",
        first_error=int(step[1]) if step else None,
        reason=(note or UNSAID) if unsure else None,
        note="" if unsure else note,
    )


def reference_of(item: Item) -> str:
    """Return the reference answer as people are shown it."""
    problem = item.problem
    return problem.reference or ("unit tests decide" if problem.tests else "none is known")


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects in a list that was read from JSON; nothing if it is no list."""
    yield from (
        each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict)
    )


def text_of(value: Any) -> str | None:
    """Return a text that was read from JSON, None for anything else or an empty one."""
    return writable(value) if isinstance(value, str) and value else None
