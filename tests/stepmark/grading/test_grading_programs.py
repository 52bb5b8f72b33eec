"""Programs graded by their problem's tests, for real problems too."""

from __future__ import annotations

import pytest

from stepmark.grading import Grade, Grader, same_answer
from stepmark.problems import ProblemSource, read_problems
from stepmark.records import Problem
from tests.fakes.factories import a_problem, run
from tests.fakes.sandboxes import OpenSandbox, StubSandbox, a_result
from tests.stepmark.problems.reading import SAMPLES, good

RIGHT = "```python\ndef f(x):\n    return 2 * x\n```"


def code_problem(**changes) -> Problem:
    values = {"kind": "code", "reference": None, "tests": "assert f(2) == 4\nassert f(3) == 6"}
    return a_problem("Write f, which doubles.", **(values | changes))


def grade(text: str, finish_reason: str = "stop", problem: Problem | None = None) -> Grade:
    async def graded() -> Grade:
        async with Grader(sandbox=OpenSandbox()) as grader:
            return await grader.grade(text, finish_reason, problem or code_problem())

    return run(graded())


@pytest.mark.parametrize(
    ("text", "finish_reason", "expected"),
    [
        (RIGHT, "stop", ("correct", "...", None)),
        (RIGHT.replace("2 *", "3 +"), "stop", ("incorrect", "F..", None)),
        ("I do not know.", "stop", ("incorrect", "load SyntaxError", None)),
        ("```python\n```", "stop", ("incorrect", None, None)),
        ("", "stop", ("unknown", None, "empty")),
        (RIGHT + "\nIt", "length", ("correct", "...", None)),
        (RIGHT.removesuffix("```"), "length", ("unknown", None, "cut_by_length")),
        ("So let us", "length", ("unknown", None, "cut_by_length")),
        ("", "failed", ("unknown", None, "failed")),
    ],
)
def test_a_completion_is_graded_by_running_its_program(text, finish_reason, expected):
    outcome, answer, reason = expected
    assert grade(text, finish_reason) == Grade(outcome=outcome, answer=answer, reason=reason)


def test_a_stopped_program_is_unknown():
    grader = Grader(sandbox=StubSandbox(a_result(ended="timeout")))
    assert run(grader.grade(RIGHT, "stop", code_problem())).reason == "sandbox_timeout"


def test_equal_failures_are_the_same_wrong_answer_and_others_are_not():
    assert same_answer("..F.", "..F.", "code")
    assert not same_answer(".F..", "..F.", "code")
    assert not same_answer("F", "F.", "code")


# The body of the first MBPP problem is indented by two, its head by four: it is no program.
@pytest.mark.parametrize(
    ("name", "reasons"),
    [("humaneval.jsonl.gz", [None, None]), ("mbpp.jsonl", ["reference_fails_tests", None])],
)
def test_references_of_real_problems_are_run_and_a_stub_passes_none(name, reasons):
    source = ProblemSource(
        path=name,
        statement="prompt",
        reference="canonical_solution",
        kind="code",
        tests="test",
        entry_point="entry_point",
    )
    problems = good(read_problems(source, SAMPLES))
    grader = Grader(sandbox=OpenSandbox())
    assert [run(grader.rejects_reference(problem)) for problem in problems] == reasons
    stubs = [run(grader.grade("    pass\n", "stop", problem)) for problem in problems]
    assert [stub.outcome for stub in stubs] == ["incorrect"] * 2


def test_a_reference_that_fails_its_tests_is_refused():
    grader = Grader(sandbox=OpenSandbox())
    problem = code_problem(reference="def f(x): return x")
    assert run(grader.rejects_reference(problem)) == "reference_fails_tests"
