"""Which critiques may train a generative reward model, and why the others may not."""

from __future__ import annotations

from typing import Any

import pytest

from filters.rationales import rejections
from stepmark.records import Annotation, Critique, Solution, StepLabel, Verdict
from tests.fakes.columns import table_from
from tests.fakes.factories import a_solution

LETTERS: dict[str, Verdict] = {
    "C": "correct",
    "I": "incorrect",
    "N": "neutral",
    "?": "unlabelled",
}
SOLUTION = a_solution(["a", "b", "c"])


def said(letters: str) -> tuple[Verdict, ...]:
    return tuple(LETTERS[letter] for letter in letters)


def a_critique(letters: str, text: str = "so", **changes: Any) -> Critique:
    values: dict[str, Any] = {
        "problem_id": SOLUTION.problem_id,
        "solution_id": SOLUTION.id,
        "first": 0,
        "prompt": "pr_0",
        "request": "rq_0",
        "draw": 0,
        "verdicts": said(letters),
        "scores": (),
        "reason": None,
        "text": text,
        "earlier": (),
        "turns": 1,
        "prompt_tokens": 1,
        "completion_tokens": 1,
    }
    return Critique(**values | changes)


def an_annotation(solution: Solution, letters: str) -> Annotation:
    return Annotation(
        solution_id=solution.id,
        problem_id=solution.problem_id,
        annotator="mc",
        semantics="potential",
        labels=tuple(
            StepLabel(
                verdict=verdict,
                value=None,
                correct=0,
                incorrect=0,
                unknown=0,
                interpolated=False,
                reason=None,
            )
            for verdict in said(letters)
        ),
        first_error=None,
        bracketed=None,
        reason=None,
        rollouts=0,
        requests=0,
        prompt_tokens=0,
        completion_tokens=0,
    )


def rejected(labels: str, *critiques: Critique, solution: Solution = SOLUTION) -> list[str | None]:
    other = a_solution(["x", "y"])
    found: list[str | None] = rejections(
        table_from(Critique, critiques),
        table_from(Solution, [other, solution]),
        table_from(Annotation, [an_annotation(other, "II"), an_annotation(solution, labels)]),
    ).to_pylist()
    return found


@pytest.mark.parametrize(
    ("labels", "critique", "reason"),
    [
        ("CI?", "CI?", None),
        ("CIC", "CII", None),  # what follows its first error is not heard
        ("CCC", "CNC", None),
        ("CIC", "CCC", "differs"),
        ("CIC", "I??", "differs"),
        ("CCC", "CCI", "differs"),
        ("C??", "CI?", "unconfirmed"),
        ("???", "CCC", "unconfirmed"),
        ("CIC", "???", "unconfirmed"),
        ("I??", "CI?", "differs"),
    ],
)
def test_a_critique_is_accepted_if_the_labels_say_the_same_up_to_its_first_error(
    labels, critique, reason
):
    assert rejected(labels, a_critique(critique)) == [reason]


def test_what_was_not_read_is_rejected_whatever_the_labels_say():
    unread = a_critique("", reason="no_verdict")
    assert rejected("CIC", unread) == ["unreadable"]


def test_a_text_counts_once_for_the_same_steps():
    again = [a_critique("CI?", draw=draw) for draw in (0, 1)]
    fresh = a_critique("CI?", "other words", draw=2)
    assert rejected("CIC", *again, fresh) == [None, "duplicate", None]


def test_per_step_critiques_meet_the_label_of_their_step():
    steps = [a_critique(letter, first=place) for place, letter in enumerate("CCI")]
    assert rejected("CIC", *steps) == [None, "differs", "differs"]


def test_another_script_is_rejected_unless_the_solution_is_in_it():
    critique = a_critique("CI?", "第二步错了")
    assert rejected("CIC", critique) == ["other_script"]
    chinese = a_solution(["一", "二", "三"])
    own = a_critique("CI?", "第二步错了", solution_id=chinese.id)
    assert rejected("CIC", own, solution=chinese) == [None]
