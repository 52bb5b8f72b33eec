"""Steps with code: what runs, what fails, what cannot be told."""

from __future__ import annotations

import pytest

from annotators.verifiers.code_runs import CodeRuns, fragments_of
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
    "line", ["print(pears)", "1 / 0", "raise SystemExit", "for x in apples:", "import nowhere"]
)
def test_a_step_whose_code_fails_is_wrong_and_nothing_is_said_of_what_follows(line):
    steps = (STEPS[0], f"# Step 2.\n{line}\n<end_of_step>\n", STEPS[2])
    assert said(*steps) == [RUNS, ("incorrect", None), ("unlabelled", "after_first_error")]


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
    stopped = a_result('{"output": "", "error": null}\n', ended=ended, exit_code=None)
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
    ("steps", "sources"),
    [
        (("So.\n```python\nx = 1\n```\n", "And so.\n"), ("x = 1\n", None)),
        (("```bash\nls\n```",), (None,)),
        (("Think.\n", "<code>\nx = 1\n", "y = 2\n<end_of_code> 7", "8"),
         (None, "\nx = 1\n", "y = 2\n", None)),
    ],
)  # fmt: skip
def test_the_code_of_a_step_is_what_its_marks_say(steps, sources):
    assert fragments_of(a_solution(steps)) == sources
