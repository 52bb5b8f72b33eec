"""PRMBench (arXiv 2501.03124): errors that a model put into right solutions, looked at by people.

Source: ssmisya/PRMBench. `error_steps` are all wrong steps of `modified_process`, from 1; the
problem is `modified_question`. Some rows (11 of 394 in the published subset) also name steps beyond
the end, which PRMBench's own evaluation passes over, and so do we. An id is used once in each
classification, so both make ours.
"""

from __future__ import annotations

from typing import Final

from stepmark.gold.record import Gold, step_index, steps_of
from stepmark.problems.cells import Content, text_of
from stepmark.problems.rows import BadRow, shown
from stepmark.records import Verdict, first_error

NAME: Final = "PRMBench"
COLUMNS: Final = ("modified_question", "modified_process", "error_steps")


def gold_of(row: Content, line: int) -> Gold:
    """Return the solution of a row; BadRow if it breaks the layout."""
    steps, numbers = steps_of(row, "modified_process"), row["error_steps"]
    if not isinstance(numbers, list):
        raise BadRow(
            reason="bad_label", detail=f"error_steps is {shown(numbers)}, not a list of steps"
        )
    wrong = _within(numbers, steps)
    verdicts: tuple[Verdict, ...] = tuple(
        "incorrect" if step in wrong else "correct" for step in range(len(steps))
    )
    kind = text_of(row, "classification") if "classification" in row else ""
    return Gold(
        id=f"{kind}_{row.get('idx', line)}",
        problem=text_of(row, "modified_question"),
        steps=steps,
        first_error=first_error(verdicts),
        step_verdicts=verdicts,
        subset=kind,
    )


def _within(numbers: list[object], steps: tuple[str, ...]) -> set[int]:
    """Return the indices from 0 of the steps named; BadRow if it names some and none is there."""
    beyond = [n for n in numbers if isinstance(n, int) and n > len(steps)]
    named = numbers if len(beyond) == len(numbers) else [n for n in numbers if n not in beyond]
    return {step_index(number, "error_steps", steps, base=1) for number in named}
