"""Lines labelled by who wrote them and whether the program passes."""

from __future__ import annotations

import pytest

from annotators.verifiers.rewritten import RewrittenLine
from annotators.verifiers.tools import Tools
from stepmark.processes import Processes
from tests.fakes.factories import a_problem, a_solution, run

TOOLS = Tools(processes=Processes(cpu_s=1, start=lambda: None), policies={})
GIVEN, REWRITTEN = ("given",) * 4, ("given", "given", "po_1", "given")
SAMPLED = ("po_1",) * 4


@pytest.mark.parametrize(
    ("writers", "outcome", "reason", "expected"),
    [
        (GIVEN, "correct", None, ["correct"] * 4),
        (GIVEN, "incorrect", None, ["unclear"] * 4),
        (SAMPLED, "incorrect", None, ["unclear"] * 4),
        (REWRITTEN, "correct", None, ["correct"] * 4),
        (
            REWRITTEN,
            "incorrect",
            None,
            ["correct", "correct", "incorrect", "after_first_error"],
        ),
        (
            REWRITTEN,
            "unknown",
            "sandbox_timeout",
            ["correct", "correct", "timed_out", "after_first_error"],
        ),
        (
            REWRITTEN,
            "unknown",
            "sandbox_memory",
            ["correct", "correct", "failed", "after_first_error"],
        ),
    ],
)
def test_the_tests_decide_about_the_rewritten_line_alone(writers, outcome, reason, expected):
    solution = a_solution(4, outcome=outcome, step_policies=writers, outcome_reason=reason)
    findings = run(RewrittenLine(method="rewritten").check(a_problem(), solution, TOOLS))
    assert [finding.reason or finding.verdict for finding in findings] == expected
