"""BIG-Bench-Mistake (arXiv 2311.08516): people's first mistake, counted from 0, null for none.

Source: WHGTyen/BIG-Bench-Mistake, one task a file. Targets are numbers, options (`(B)`) or texts.
"""

from __future__ import annotations

import re
from typing import Final

from stepmark.gold.record import Gold, step_index, steps_of
from stepmark.problems.cells import Content, text_of
from stepmark.records import Kind

NAME: Final = "BIG-Bench-Mistake"
COLUMNS: Final = ("input", "steps", "mistake_index")
_OPTION: Final = re.compile(r"\(([A-Z])\)")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


def gold_of(row: Content, line: int) -> Gold:
    """Return the solution of a row; BadRow if it breaks the layout."""
    steps, number = steps_of(row, "steps"), row["mistake_index"]
    target = text_of(row, "target").strip()
    option = _OPTION.fullmatch(target)
    kind: Kind = "choice" if option else "math" if _NUMBER.fullmatch(target) else "text"
    return Gold(
        id=str(line),
        problem=text_of(row, "input"),
        steps=steps,
        first_error=None if number is None else step_index(number, "mistake_index", steps, base=0),
        reference=option[1] if option else target,
        kind=kind,
        answer_correct=text_of(row, "answer").strip() == target,
    )
