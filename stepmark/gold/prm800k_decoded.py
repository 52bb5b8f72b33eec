"""PRM800K with one solution a row and its ratings as a list, as repackaged copies have it.

`first_error` counts from 0, −1 for none; `ratings` are 1, 0 (neutral, no error) and −1. A wrong
solution ends with its first wrong step, where PRM800K's raters stopped.
"""

from __future__ import annotations

from typing import Final

from stepmark.gold.prm800k import verdict_of
from stepmark.gold.record import Gold, step_index, steps_of
from stepmark.problems.cells import Content, number_or_text, text_of
from stepmark.problems.rows import BadRow, shown
from stepmark.records import Verdict, first_error

NAME: Final = "decoded PRM800K"
COLUMNS: Final = ("problem", "steps", "first_error")


def gold_of(row: Content, line: int) -> Gold:
    """Return the solution of a row; BadRow if it breaks the layout."""
    steps, number = steps_of(row, "steps"), row["first_error"]
    error = None if number == -1 else step_index(number, "first_error", steps, base=0)
    return Gold(
        id=str(row.get("id", line)),
        problem=text_of(row, "problem"),
        steps=steps,
        first_error=error,
        step_verdicts=_verdicts(row["ratings"], len(steps), error) if "ratings" in row else None,
        reference=number_or_text(row, "answer") or None if "answer" in row else None,
    )


def _verdicts(ratings: object, steps: int, error: int | None) -> tuple[Verdict, ...]:
    if not isinstance(ratings, list) or len(ratings) != steps:
        raise BadRow(
            reason="bad_label", detail=f"ratings is {shown(ratings)}, not one for each of {steps}"
        )
    verdicts = tuple(verdict_of(rating) for rating in ratings)
    if first_error(verdicts) != error:
        raise BadRow(
            reason="bad_label",
            detail=f"first_error is {-1 if error is None else error}, and the ratings are "
            f"{shown(ratings)}",
        )
    return verdicts
