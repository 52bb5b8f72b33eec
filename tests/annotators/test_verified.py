"""Annotation by a verifier: findings become labels, and what is not known stays unlabelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from annotators.grounded import Grounded
from annotators.verified import Verified
from annotators.verifiers import Equations
from stepmark.errors import StorageError
from stepmark.records import Annotation, Finding, Solution, Verdict
from storage.labels import annotation_table
from tests.fakes.columns import records_from, table_from
from tests.fakes.factories import a_solution

VERIFIED = Verified(method="verifier", verifier=Equations(method="equations"))
FUSED = replace(VERIFIED, fusion=Grounded(method="groundedprm"))
SOLUTION = a_solution(3)


def a_finding(step: int, verdict: Verdict, reason: str | None = None) -> Finding:
    return Finding(
        solution_id=SOLUTION.id,
        step=step,
        verdict=verdict,
        reason=reason,
        evidence="1 = 2",
        prompt=None,
    )


def annotate(
    findings: Sequence[Finding],
    solutions: Sequence[Solution] = (SOLUTION,),
    verified: Verified = VERIFIED,
) -> tuple[Annotation, ...]:
    """Label as a build does, through columns and back."""
    written = table_from(Solution, solutions)
    labels = verified.annotate(written, table_from(Finding, findings))
    return records_from(Annotation, annotation_table("sums", written, labels))


def test_findings_in_any_order_are_the_labels():
    (annotation,) = annotate(
        [
            a_finding(2, "unlabelled", "timed_out"),
            a_finding(1, "incorrect"),
            a_finding(0, "correct"),
        ]
    )
    assert annotation.verdicts == ("correct", "incorrect", "unlabelled")
    assert [label.value for label in annotation.labels] == [1, 0, None]
    assert [label.reason for label in annotation.labels] == [None, None, "timed_out"]
    assert (annotation.first_error, annotation.semantics) == (1, "local")


def test_a_step_without_finding_had_nothing_to_check():
    (annotation,) = annotate([a_finding(1, "correct")])
    assert annotation.verdicts == ("unlabelled", "correct", "unlabelled")
    assert annotation.labels[0].reason == "nothing_to_check"
    assert annotation.first_error is None


@pytest.mark.parametrize(
    ("outcome", "reason"), [("incorrect", "contradicted"), ("unknown", "unknown_outcome")]
)
def test_of_a_solution_that_its_fusion_gives_up_no_step_is_labelled(outcome, reason):
    """A right step before a wrong answer: the sign of the sum differs from the finding."""
    solution = replace(SOLUTION, outcome=outcome)
    (annotation,) = annotate([a_finding(0, "correct")], [solution], FUSED)
    assert (annotation.reason, annotation.first_error) == (reason, None)
    assert annotation.verdicts == ("unlabelled",) * 3
    assert {(label.value, label.reason) for label in annotation.labels} == {(None, reason)}


def test_a_fusion_that_agrees_with_the_findings_labels_the_steps():
    right = replace(SOLUTION, outcome="correct")
    (annotation,) = annotate([a_finding(0, "correct")], [right], FUSED)
    assert (annotation.reason, annotation.verdicts) == (None, ("correct",) * 3)


def test_a_solution_without_steps_says_so():
    (annotation,) = annotate([], [a_solution(0)])
    assert (annotation.reason, annotation.labels) == ("no_steps", ())


def test_findings_of_another_build_are_refused():
    with pytest.raises(StorageError, match="1 findings are of no solution"):
        annotate([a_finding(0, "correct")], [a_solution(2)])


def test_a_reason_nobody_knows_is_refused():
    with pytest.raises(StorageError, match="says 'tired', which is none of"):
        annotate([a_finding(0, "unlabelled", "tired")])
