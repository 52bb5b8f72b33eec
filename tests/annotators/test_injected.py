"""Annotation by construction: what is known of a spoiled solution, and what its writer says."""

from __future__ import annotations

import pytest

from annotators.injected import Injected, findings_of_spoiled, findings_of_unspoiled
from annotators.injections import PrmBench, Socratic, Spoiled, VersaPrmErrors
from stepmark.records import Annotation, Finding, Outcome, Solution
from storage.labels import annotation_table
from tests.fakes.columns import records_from, table_from
from tests.fakes.factories import a_solution

SPOILED = Spoiled(steps=("a", "b", "c", "d", "e"), errors=(1, 3), why="A slip.")
AFTER = ("unlabelled", "after_first_error")


def findings(outcome: Outcome, *, changes_answer: bool = True) -> tuple[Finding, ...]:
    solution = a_solution(SPOILED.steps, outcome=outcome)
    return findings_of_spoiled(
        solution, SPOILED, "deception", "pr_1", changes_answer=changes_answer
    )


def said(found: tuple[Finding, ...]) -> list[tuple[str, str | None]]:
    return [(finding.verdict, finding.reason) for finding in found]


@pytest.mark.parametrize("outcome", ["incorrect", "unknown"])
def test_steps_are_wrong_where_the_writer_says_so_and_known_before_the_first_alone(outcome):
    wrong = ("incorrect", None)
    assert said(findings(outcome)) == [("correct", None), wrong, AFTER, wrong, AFTER]


def test_an_error_that_should_change_the_answer_and_did_not_is_in_doubt():
    doubtful = ("unlabelled", "still_right")
    found = findings("correct")
    assert said(found) == [("correct", None), *[doubtful] * 4]
    assert [finding.evidence for finding in found[1:]] == [
        "deception: A slip.", "", "deception: A slip.", "",
    ]  # fmt: skip


def test_an_error_that_need_not_change_the_answer_stands_beside_a_right_one():
    found = findings("correct", changes_answer=False)
    assert [finding.step for finding in found if finding.verdict == "incorrect"] == [1, 3]


def test_what_only_says_too_much_or_too_little_or_goes_in_a_circle_need_not_change_the_answer():
    prmbench, socratic = (
        {name for name, kind in injection.kinds.items() if not kind.changes_answer}
        for injection in (PrmBench, Socratic)
    )
    assert prmbench == {"redundancy", "circular_logic", "missing_condition"}
    assert len(socratic) == 7
    assert all(name.endswith(("_redundancy", "_incompleteness")) for name in socratic)
    assert all(kind.changes_answer for kind in VersaPrmErrors.kinds.values())


def annotate(solution: Solution, found: tuple[Finding, ...]) -> Annotation:
    """Label as a build does, through columns and back."""
    written = table_from(Solution, [solution])
    labels = Injected(method="injected").annotate(written, table_from(Finding, found))
    (annotation,) = records_from(Annotation, annotation_table("known", written, labels))
    return annotation


def test_what_rests_on_a_right_answer_alone_is_flagged_and_an_error_that_was_put_there_is_not():
    found = findings("incorrect")
    annotation = annotate(a_solution(SPOILED.steps, outcome="incorrect"), found)
    assert [label.interpolated for label in annotation.labels] == [True, *[False] * 4]
    assert annotation.first_error == 1


def test_every_step_of_a_right_solution_is_correct_and_flagged():
    right = a_solution(3, outcome="correct")
    labels = annotate(right, findings_of_unspoiled(right, None)).labels
    assert [(label.verdict, label.value, label.interpolated) for label in labels] == [
        ("correct", 1, True)
    ] * 3


def test_nothing_is_known_of_the_steps_of_a_wrong_solution():
    wrong = a_solution(2, outcome="incorrect")
    labels = annotate(wrong, findings_of_unspoiled(wrong, None)).labels
    assert [(label.verdict, label.reason, label.interpolated) for label in labels] == [
        ("unlabelled", "undecided", False)
    ] * 2
