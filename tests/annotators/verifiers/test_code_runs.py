"""Steps with code: what runs, what fails, what cannot be told."""

from __future__ import annotations

import pytest

from annotators.verifiers.code_runs import CodeRuns, pieces_of
from annotators.verifiers.tools import Tools
from stepmark.processes import Processes
from stepmark.records import Finding, Solution
from stepmark.sandbox.protocol import Sandbox
from tests.fakes.factories import a_problem, a_solution, run
from tests.fakes.sandboxes import OpenSandbox, StubSandbox, a_result

STEPS = (
    "<code>\n# Step 1: the apples.\napples = 3 + 4\n<end_of_step>\n",
    "# Step 2: for each.\nprint(apples / 2)\n<end_of_step>\n",
    "# Step 3: now we have it.\nprint(apples)\n<end_of_code>\n<answer>7<end_of_answer>",
)


def check(solution: Solution, sandbox: Sandbox | None = None) -> tuple[Finding, ...]:
    tools = Tools(
        processes=Processes(cpu_s=1, start=lambda: None),
        policies={},
        sandbox=sandbox or OpenSandbox(),
    )
    return run(CodeRuns(method="code_runs").check(a_problem(), solution, tools))


def said(*steps: str) -> list[tuple[str, str | None]]:
    return [(finding.verdict, finding.reason) for finding in check(a_solution(steps))]


RUNS = ("unlabelled", "undecided")


def test_each_step_sees_what_those_before_it_defined():
    findings = check(a_solution(STEPS))
    assert [(f.verdict, f.reason) for f in findings] == [RUNS] * 3
    assert [f.evidence for f in findings] == ["", "3.5\n", "7\n"]


@pytest.mark.parametrize(
    "line",
    [
        "print(pears)",
        "1 / 0",
        "raise SystemExit",
        "for x in apples:",
        "import math.nowhere",
        "from math import nowhere",
    ],
)
def test_a_step_whose_code_fails_is_wrong_and_nothing_is_said_of_what_follows(line):
    steps = (STEPS[0], f"# Step 2.\n{line}\n<end_of_step>\n", STEPS[2])
    assert said(*steps) == [RUNS, ("incorrect", None), ("unlabelled", "after_first_error")]


@pytest.mark.parametrize(
    "line", ["import nowhere", "raise MemoryError", "input()", "open('/nowhere/at/all')"]
)
def test_what_the_sandbox_does_not_give_is_not_held_against_a_step(line):
    steps = (STEPS[0], f"# Step 2.\n{line}\n<end_of_step>\n", STEPS[2])
    assert said(*steps) == [RUNS, ("unlabelled", "failed"), ("unlabelled", "after_first_error")]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("x = 3 + 4", RUNS),
        ("7", RUNS),
        ("There are 7 apples.", ("unlabelled", "nothing_to_check")),
        ("total = price * count", ("unlabelled", "unclear")),
    ],
)
def test_a_block_without_a_language_never_makes_a_step_wrong(block, expected):
    assert said(f"So:\n```\n{block}\n```") == [expected]


def test_code_goes_on_after_a_block_that_is_no_code_but_not_after_one_that_failed():
    first, last = "```\n{}\n```", "```python\n1 / 0\n```"
    assert said(first.format("The answer is 7."), last)[1] == ("incorrect", None)
    assert said(first.format("total"), last)[1] == ("unlabelled", "after_first_error")


def test_a_step_of_several_blocks_is_wrong_if_one_of_them_is():
    assert said("```python\nx = 1\nprint(x)\n```\n```\n1\n```\n```python\ny\n```") == [
        ("incorrect", None)
    ]


def test_the_evidence_is_the_exception():
    assert check(a_solution(["```python\n1 / 0\n```"]))[0].evidence == (
        "ZeroDivisionError: division by zero"
    )


def test_a_step_that_ends_the_interpreter_has_failed():
    assert said("```python\nimport os; os._exit(0)\n```") == [("incorrect", None)]


@pytest.mark.parametrize(
    ("ended", "reason"), [("timeout", "timed_out"), ("memory", "failed"), ("killed", "failed")]
)
def test_what_the_sandbox_stops_is_unlabelled(ended, reason):
    report = '{"output": "", "error": null, "lacks": false}\n'
    stopped = a_result(report, ended=ended, exit_code=None)
    findings = check(a_solution(STEPS), StubSandbox(stopped))
    assert [(f.verdict, f.reason) for f in findings] == [
        RUNS,
        ("unlabelled", reason),
        ("unlabelled", "after_first_error"),
    ]


def test_a_solution_without_code_runs_nothing():
    sandbox = OpenSandbox()
    (finding,) = check(a_solution(["It is 7."]), sandbox)
    assert (finding.reason, sandbox.ran) == ("nothing_to_check", [])


@pytest.mark.parametrize(
    ("steps", "pieces"),
    [
        (("So.\n```python\nx = 1\n```\n", "And so.\n"), ((("x = 1\n", True),), ())),
        (("```bash\nls\n```",), ((),)),
        (("```py\nx\n```\n```\ny\n```",), ((("x\n", True), ("y\n", False)),)),
        (("Think.\n", "<code>\nx = 1\n", "y = 2\n<end_of_code> 7", "8"),
         ((), (("\nx = 1\n", True),), (("y = 2\n", True),), ())),
    ],
)  # fmt: skip
def test_the_code_of_a_step_is_what_its_marks_say(steps, pieces):
    assert pieces_of(a_solution(steps)) == pieces
