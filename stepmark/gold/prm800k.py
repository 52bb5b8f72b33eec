"""PRM800K as OpenAI published it (arXiv 2305.20050): every step's candidates with their ratings.

Source: openai/prm800k, README. The solution is the candidates that were chosen, or what the rater
wrote where none was; it ends with the first wrong step, the candidate that stood there first. A
rating of 0 is neutral, and no error. Rows that the rater gave up or called a bad problem hold no
solution that was judged to its end. A row with an error found, and none in that solution, breaks
the layout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from stepmark.gold.record import Gold
from stepmark.problems.cells import Content, number_or_text, text_of
from stepmark.problems.rows import BadRow, shown
from stepmark.records import Verdict, first_error

NAME: Final = "PRM800K"
COLUMNS: Final = ("question", "label")
RATINGS: Final[Mapping[object, Verdict]] = {1: "correct", 0: "neutral", -1: "incorrect"}
"""Verdicts by rating."""
UNFINISHED: Final = ("give_up", "bad_problem")
FOUND_ERROR: Final = "found_error"


def gold_of(row: Content, line: int) -> Gold | None:
    """Return the solution of a row, None if it was not judged to its end; BadRow if broken."""
    question, label = _object(row, "question"), _object(row, "label")
    if label.get("finish_reason") in UNFINISHED:
        return None
    steps, verdicts = [], []
    for candidates in _list(label, "steps"):
        text, verdict = _taken(candidates)
        steps.append(text)
        verdicts.append(verdict)
        if verdict == "incorrect":
            break
    if not steps:
        raise BadRow(reason="empty_solution", detail="label.steps holds no step")
    if label.get("finish_reason") == FOUND_ERROR and verdicts[-1] != "incorrect":
        raise BadRow(
            reason="bad_label",
            detail=f"finish_reason is {FOUND_ERROR!r}, and the last candidate of the solution, "
            f"{shown(steps[-1])}, is rated {verdicts[-1]}",
        )
    return Gold(
        id=str(line),
        problem=text_of(question, "problem"),
        steps=tuple(steps),
        first_error=first_error(tuple(verdicts)),
        step_verdicts=tuple(verdicts),
        reference=number_or_text(question, "ground_truth_answer") or None,
    )


def verdict_of(rating: object) -> Verdict:
    """Return what a rating says; BadRow if it is none."""
    if isinstance(rating, bool) or rating not in RATINGS:
        raise BadRow(reason="bad_label", detail=f"a rating is {shown(rating)}, not 1, 0 or -1")
    return RATINGS[rating]


def _taken(step: object) -> tuple[str, Verdict]:
    """Return the candidate that the solution goes on with, or ends with, and what it is."""
    if not isinstance(step, dict):
        raise BadRow(reason="wrong_type", detail=f"a step is {shown(step)}, not an object")
    candidates, chosen = _list(step, "completions"), step.get("chosen_completion")
    if chosen is None and step.get("human_completion") is not None:
        return _written(step["human_completion"]), "correct"
    at = 0 if chosen is None else chosen
    if not isinstance(at, int) or not 0 <= at < len(candidates):
        raise BadRow(
            reason="bad_label",
            detail=f"chosen_completion is {shown(chosen)}, of {len(candidates)} completions",
        )
    candidate = candidates[at]
    if not isinstance(candidate, dict):
        raise BadRow(reason="wrong_type", detail=f"a completion is {shown(candidate)}")
    return text_of(candidate, "text"), verdict_of(candidate.get("rating"))


def _written(human: object) -> str:
    """Return what a rater wrote: a text, or an object with one."""
    return text_of(human if isinstance(human, dict) else {"text": human}, "text")


def _object(row: Content, column: str) -> Content:
    value = row.get(column)
    if not isinstance(value, dict):
        raise BadRow(reason="wrong_type", detail=f"{column} is {shown(value)}, not an object")
    return value


def _list(row: Content, column: str) -> Sequence[object]:
    value = row.get(column)
    if not isinstance(value, list):
        raise BadRow(reason="wrong_type", detail=f"{column} is {shown(value)}, not a list")
    return value
