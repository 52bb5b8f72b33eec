from __future__ import annotations

from annotators.judges import VersaPrm
from tests.fakes.factories import a_problem, a_solution

JUDGE = VersaPrm(method="versaprm")


def test_the_judge_knows_the_answer():
    problem = a_problem(reference="the-reference")
    (question,) = JUDGE.questions(problem, a_solution())
    assert "the-reference" in question.messages[0].content


def test_without_a_reference_answer_nothing_is_asked():
    assert JUDGE.questions(a_problem(reference=None), a_solution()) == ()


def test_minus_one_makes_all_steps_correct():
    reply = "Grades:\nstep_0: GOOD\nstep_1: OK\n\\boxed{-1}"
    assert JUDGE.parse(reply, 2).verdicts == ("correct", "correct")


def test_from_the_bad_step_on_all_are_incorrect():
    reply = "Grades:\nstep_0: GOOD\nstep_1: BAD\n\\boxed{1}"
    assert JUDGE.parse(reply, 3).verdicts == ("correct", "incorrect", "incorrect")
