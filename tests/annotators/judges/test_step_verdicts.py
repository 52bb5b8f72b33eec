from __future__ import annotations

import pytest

from annotators.judges import StepVerdicts
from tests.fakes.factories import a_problem, a_solution


@pytest.mark.parametrize("base", [0, 1])
def test_the_form_asked_for_is_the_form_read(base):
    judge = StepVerdicts(method="step_verdicts", count_from=base)
    (question,) = judge.questions(a_problem(), a_solution(3))
    form = question.messages[0].content.rpartition("Verdicts:")[2]
    reply = "Verdicts:" + form.replace("correct|incorrect|neutral", "neutral")
    assert judge.parse(reply, 3).verdicts == ("neutral",) * 3


def test_a_neutral_step_is_not_a_correct_one():
    judge = StepVerdicts(method="step_verdicts")
    assert judge.parse("Verdicts:\nstep_0: neutral", 1).verdicts == ("neutral",)
