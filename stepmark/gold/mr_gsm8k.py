"""MR-GSM8K (arXiv 2312.17080): people's first wrong step, counted from 1, or `N/A`.

Source: dvlab-research/MR-GSM8K. `question_type` is the subset: original, reversed, or POT, whose
solutions are programs.
"""

from __future__ import annotations

from typing import Final

from stepmark.gold.record import Gold, step_index, steps_of
from stepmark.problems.cells import Content, number_or_text, text_of
from stepmark.problems.rows import BadRow, shown

NAME: Final = "MR-GSM8K"
COLUMNS: Final = ("question", "model_output_steps", "model_output_solution_first_error_step")
_ERROR: Final = COLUMNS[-1]
_JUDGED: Final = "model_output_solution_correctness"


def gold_of(row: Content, line: int) -> Gold:
    """Return the solution of a row; BadRow if it breaks the layout."""
    steps, judged = steps_of(row, "model_output_steps"), row.get(_JUDGED)
    if judged not in {"correct", "wrong"}:
        raise BadRow(
            reason="bad_label", detail=f"{_JUDGED} is {shown(judged)}, not 'correct' or 'wrong'"
        )
    return Gold(
        id=str(row.get("uuid", line)),
        problem=text_of(row, "question"),
        steps=steps,
        first_error=step_index(row[_ERROR], _ERROR, steps, base=1) if judged == "wrong" else None,
        reference=number_or_text(row, "ground_truth_answer") or None,
        subset=text_of(row, "question_type") if "question_type" in row else "",
    )
