from __future__ import annotations

import pytest

from annotators.judges import FirstError
from tests.fakes.factories import a_problem, a_solution


@pytest.mark.parametrize(("base", "reply"), [(0, "\\boxed{1}"), (1, "\\boxed{2}")])
def test_the_number_shown_is_the_number_read(base, reply):
    judge = FirstError(method="first_error", count_from=base)
    (question,) = judge.questions(a_problem(), a_solution(["a", "wrong", "c"]))
    number = reply.removeprefix("\\boxed{").removesuffix("}")
    assert f"<step_{number}>\nwrong\n</step_{number}>" in question.messages[0].content
    assert judge.parse(reply, 3).verdicts == ("correct", "incorrect", "unlabelled")


def test_the_reference_is_not_shown():
    problem = a_problem(reference="the-reference")
    (question,) = FirstError(method="first_error").questions(problem, a_solution())
    assert "the-reference" not in question.messages[0].content
