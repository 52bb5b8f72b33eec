"""The equation verifier: a finding a step, with the equation that decides as evidence."""

from __future__ import annotations

from annotators.verifiers import Equations
from annotators.verifiers.tools import Tools
from stepmark.processes import Processes
from stepmark.records import Finding
from tests.fakes.factories import a_problem, a_solution, run


def check(*steps: str) -> tuple[Finding, ...]:
    processes = Processes(timeout_s=5.0)
    tools = Tools(processes=processes, policies={})
    try:
        return run(Equations(method="equations").check(a_problem(), a_solution(steps), tools))
    finally:
        processes.close()


def test_each_step_has_a_finding_with_its_equation():
    findings = check("So 3 + 4 = 7 apples.", "Then 7 * 2 = 15.", "They are rich.")
    assert [(f.step, f.verdict, f.reason) for f in findings] == [
        (0, "correct", None),
        (1, "incorrect", None),
        (2, "unlabelled", "nothing_to_check"),
    ]
    assert findings[1].evidence == "7 * 2 = 15"
