"""PARC (arXiv 2502.02362): every step judged, an error that was only carried on included.

Source: SagnikMukherjee/PARC. Annotations name steps from 1. A step with an `Accumulation_Error`
alone is right given the steps it rests on, and PARC has it as an error; so it is `incorrect` here,
which an annotator of `local` semantics does not set out to find.
"""

from __future__ import annotations

from typing import Final

from stepmark.gold.record import Gold, step_index, steps_of
from stepmark.problems.cells import Content, number_or_text, text_of
from stepmark.problems.rows import BadRow, shown
from stepmark.records import Verdict, first_error

NAME: Final = "PARC"
COLUMNS: Final = ("question", "steps", "error_annotation")


def gold_of(row: Content, line: int) -> Gold:
    """Return the solution of a row; BadRow if it breaks the layout."""
    steps = steps_of(row, "steps")
    verdicts = _verdicts(row["error_annotation"], steps)
    return Gold(
        id=str(row.get("id", line)),
        problem=text_of(row, "question"),
        steps=steps,
        first_error=first_error(verdicts),
        step_verdicts=verdicts,
        reference=number_or_text(row, "ground_truth_answer") or None,
        subset=text_of(row, "split") if "split" in row else "",
    )


def _verdicts(annotations: object, steps: tuple[str, ...]) -> tuple[Verdict, ...]:
    verdicts: list[Verdict] = ["unlabelled"] * len(steps)
    for each in annotations if isinstance(annotations, list) else ():
        wrong = each.get("has_error") if isinstance(each, dict) else None
        if not isinstance(wrong, bool):
            raise BadRow(
                reason="bad_label",
                detail=f"error_annotation holds {shown(each)}, without has_error",
            )
        at = step_index(each.get("step_number"), "step_number", steps, base=1)
        verdicts[at] = "incorrect" if wrong else "correct"
    if "unlabelled" in verdicts:
        raise BadRow(
            reason="bad_label",
            detail=f"error_annotation says nothing of step {verdicts.index('unlabelled') + 1}",
        )
    return tuple(verdicts)
