"""Annotation by a verifier: findings become labels, and what is not known stays unlabelled."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from annotators.verified import Verified
from annotators.verifiers import Equations
from stepmark.errors import StorageError
from stepmark.records import Annotation, Finding, Solution, Verdict
from storage.labels import annotation_table
from tests.fakes.columns import records_from, table_from
from tests.fakes.factories import a_solution

VERIFIED = Verified(method="verifier", verifier=Equations(method="equations"))
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
    findings: Sequence[Finding], solutions: Sequence[Solution] = (SOLUTION,)
) -> tuple[Annotation, ...]:
    """Label as a build does, through columns and back."""
    written = table_from(Solution, solutions)
    labels = VERIFIED.annotate(written, table_from(Finding, findings))
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


def test_findings_of_another_build_are_refused():
    with pytest.raises(StorageError, match="1 findings are of no solution"):
        annotate([a_finding(0, "correct")], [a_solution(2)])


def test_a_reason_nobody_knows_is_refused():
    with pytest.raises(StorageError, match="says 'tired', which is none of"):
        annotate([a_finding(0, "unlabelled", "tired")])
