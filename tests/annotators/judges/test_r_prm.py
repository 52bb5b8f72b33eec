from __future__ import annotations

from annotators.judges import RPrm
from annotators.judges.r_prm import LABEL
from tests.fakes.factories import a_problem, a_solution

JUDGE = RPrm(method="r_prm")


def test_the_lines_asked_for_are_the_lines_read():
    (question, _) = JUDGE.questions(a_problem(), a_solution(2))
    lines = [x for x in question.messages[0].content.split("\n") if x.startswith(LABEL)]
    assert [JUDGE.parse(line).verdicts for line in lines] == [("correct",), ("incorrect",)]


def test_two_equal_verdicts_are_not_exactly_one():
    assert JUDGE.parse(f"{LABEL} Yes\n{LABEL} Yes").reason == "repeated_verdict"
