from __future__ import annotations

import pytest

from annotators.judges import Capo
from tests.fakes.factories import a_problem, a_solution


@pytest.mark.parametrize(("reference", "shown"), [(True, True), (False, False)])
def test_the_reference_is_shown_where_the_recipe_says_so(reference, shown):
    judge = Capo(method="capo", reference=reference)
    (question,) = judge.questions(a_problem(reference="the-reference"), a_solution())
    assert ("the-reference" in question.messages[0].content) == shown


def test_a_problem_without_a_reference_is_judged_all_the_same():
    (question,) = Capo(method="capo").questions(a_problem(reference=None), a_solution())
    assert "<reference>" not in question.messages[0].content


def test_a_step_after_a_wrong_one_may_be_right():
    said = Capo(method="capo").parse("Wrong steps: 2", 3)
    assert said.verdicts == ("correct", "incorrect", "correct")
