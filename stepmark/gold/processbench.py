"""ProcessBench (arXiv 2412.06559): people's first wrong step, counted from 0, −1 for none.

Source: Qwen/ProcessBench; an id's beginning (`gsm8k-0`) is the subset. No reference answers.
"""

from __future__ import annotations

from typing import Final

from stepmark.gold.record import Gold, step_index, steps_of
from stepmark.problems.cells import Content, text_of

NAME: Final = "ProcessBench"
COLUMNS: Final = ("problem", "steps", "label")


def gold_of(row: Content, line: int) -> Gold:
    """Return the solution of a row; BadRow if it breaks the layout."""
    steps = steps_of(row, "steps")
    name, label = str(row.get("id", line)), row["label"]
    return Gold(
        id=name,
        problem=text_of(row, "problem"),
        steps=steps,
        first_error=None if label == -1 else step_index(label, "label", steps, base=0),
        subset=name.rpartition("-")[0],
    )
