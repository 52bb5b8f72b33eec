"""A gold solution: its steps, the first wrong one, and what else its file says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stepmark.problems.cells import Content, texts_of
from stepmark.problems.rows import BadRow, shown
from stepmark.records import Kind, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A solution that people have judged."""

    id: str
    """The id that its file gives it, else its row."""
    problem: str
    """The statement."""
    steps: tuple[str, ...]
    """The steps, as they stand in the file; one at least."""
    first_error: int | None
    """Index from 0 of the first wrong step; null if there is none."""
    step_verdicts: tuple[Verdict, ...] | None = None
    """What people say of each step, where the layout has it for all of them; else null."""
    reference: str | None = None
    """The reference answer; null where the file gives none."""
    kind: Kind = "math"
    """How final answers are compared."""
    answer_correct: bool | None = None
    """Whether the final answer is right, as BIG-Bench-Mistake has it; null in other layouts."""
    subset: str = ""
    """The part of its benchmark that it belongs to; empty where there are no parts."""

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What is known of each step: after a first error nothing, unless people judged it too."""
        if self.step_verdicts is not None:
            return self.step_verdicts
        error = len(self.steps) if self.first_error is None else self.first_error
        return tuple(_before_at_after(step, error) for step in range(len(self.steps)))


def steps_of(row: Content, column: str) -> tuple[str, ...]:
    """Return the steps in a column.

    Raises:
        BadRow: it holds no texts, or none at all.
    """
    steps = texts_of(row, column)
    if not steps:
        raise BadRow(reason="empty_solution", detail=f"{column} holds no step")
    return steps


def step_index(number: object, column: str, steps: Sequence[str], *, base: int) -> int:
    """Return the index from 0 of a step that a column counts from `base`.

    Raises:
        BadRow: it is none of the steps.
    """
    if type(number) is not int or not 0 <= number - base < len(steps):  # a bool is no step
        raise BadRow(
            reason="bad_label",
            detail=f"{column} is {shown(number)}, which is none of the {len(steps)} steps "
            f"({base} to {len(steps) - 1 + base})",
        )
    return number - base


def _before_at_after(step: int, error: int) -> Verdict:
    if step == error:
        return "incorrect"
    return "correct" if step < error else "unlabelled"
