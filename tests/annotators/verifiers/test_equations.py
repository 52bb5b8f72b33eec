"""The equation verifier: a finding a step, with the equation that decides as evidence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from annotators.verifiers import Equations
from annotators.verifiers.tools import Tools, warm_up
from stepmark.processes import Processes
from stepmark.records import Finding
from tests.fakes.factories import a_problem, a_solution, run

ROOTS = " + ".join(rf"\sqrt{{{prime}}}" for prime in (2, 3, 5, 7, 11, 13))


@pytest.fixture(scope="module")
def tools() -> Iterator[Tools]:
    processes = Processes(cpu_s=20.0, start=warm_up)
    yield Tools(processes=processes, policies={})
    processes.close()


def check(tools: Tools, *steps: str, statement: str = "How many?") -> tuple[Finding, ...]:
    verifier = Equations(method="equations")
    return run(verifier.check(a_problem(statement), a_solution(steps), tools))


def test_each_step_has_a_finding_with_its_equation(tools):
    findings = check(tools, "So 3 + 4 = 7 apples.", "Then 7 * 2 = 15.", "They are rich.")
    assert [(f.step, f.verdict, f.reason) for f in findings] == [
        (0, "correct", None),
        (1, "incorrect", None),
        (2, "unlabelled", "nothing_to_check"),
    ]
    assert [f.evidence for f in findings] == ["3 + 4 = 7 apples", "7 * 2 = 15", ""]


def test_the_equation_that_fails_is_the_evidence_whatever_holds_beside_it(tools):
    (found,) = check(tools, "First 3 + 4 = 7, then 7 * 2 = 15, then 15 / 4 = 3.")
    assert (found.verdict, found.evidence) == ("incorrect", "7 * 2 = 15")


def test_a_step_with_an_equation_in_doubt_is_unclear(tools):
    (found,) = check(tools, "First 3 + 4 = 7, then 15 / 4 = 3.")
    assert (found.verdict, found.reason) == ("unlabelled", "unclear")
    assert found.evidence == "15 / 4 = 3"


def test_letters_are_known_from_earlier_steps(tools):
    findings = check(tools, "We find x = 12 / 4 = 3.", "Then 2x + 1 = 8.")
    assert [f.verdict for f in findings] == ["correct", "incorrect"]


def test_computer_algebra_decides_on_roots_and_letters(tools):
    findings = check(
        tools,
        r"$\sqrt{8} = 2\sqrt{2}$",
        r"$\sqrt{8} = 3\sqrt{2}$",
        r"$(x + 1)^2 = x^2 + 2x + 1$",
        r"$\sqrt{2} = 1.41$",
    )
    assert [f.verdict for f in findings] == ["correct", "incorrect", "correct", "correct"]


def test_algebra_that_runs_over_its_limit_is_killed_and_says_so():
    processes = Processes(cpu_s=0.05, start=warm_up)
    steps = [f"$({ROOTS})^{{60}} = 3$", "1 + 1 = 2"]
    try:
        hung, after = check(Tools(processes=processes, policies={}), *steps)
    finally:
        processes.close()
    assert (hung.verdict, hung.reason) == ("unlabelled", "timed_out")
    assert after.verdict == "correct"


def test_a_problem_that_is_an_expression_says_what_a_rewriting_must_be_worth(tools):
    right = 'It can be written as "A * B", where A = (3 + 4) and B = (2 - 5).'
    wrong = 'It can be written as "A + B", where A = (3 + 4) and B = (2 - 5).'
    (found,) = check(tools, right, statement="((3 + 4) * (2 - 5)) =")
    assert found.verdict == "correct"
    (found,) = check(tools, wrong, statement="((3 + 4) * (2 - 5)) =")
    assert (found.verdict, found.evidence) == ("incorrect", "the problem = A + B")
