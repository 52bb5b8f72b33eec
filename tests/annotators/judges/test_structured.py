"""Structured replies: what the server is told to hold them to, and that the judge says it."""

from __future__ import annotations

import json

import pytest

from annotators.judges import FirstError, Judge, StepVerdicts
from annotators.judges.structured import schema
from tests.fakes.factories import a_problem, a_solution


def asked(judge: Judge) -> tuple[str, dict[str, object]]:
    """What is put to the judge, and the properties that its reply must have."""
    (question,) = judge.questions(a_problem(), a_solution(3))
    assert question.schema is not None
    return question.messages[-1].content, json.loads(question.schema)["properties"]


def test_the_analysis_comes_before_the_verdict_and_nothing_beside_them():
    text = schema("first_error", {"enum": [0]})
    assert text.index("analysis") < text.index("first_error")
    held = json.loads(text)
    assert held["required"] == ["analysis", "first_error"]
    assert held["additionalProperties"] is False


@pytest.mark.parametrize(("base", "numbers"), [(0, [-1, 0, 1, 2]), (1, [-1, 1, 2, 3])])
def test_only_steps_that_exist_can_be_named(base, numbers):
    text, held = asked(FirstError(method="first_error", count_from=base, structured=True))
    assert held["first_error"] == {"enum": numbers}
    assert '"first_error": N' in text
    assert "boxed" not in text


def test_every_step_has_a_verdict():
    text, held = asked(StepVerdicts(method="step_verdicts", structured=True))
    verdicts = held["verdicts"]
    assert isinstance(verdicts, dict)
    assert verdicts["required"] == ["step_0", "step_1", "step_2"]
    assert verdicts["properties"]["step_1"] == {"enum": ["correct", "incorrect", "neutral"]}
    assert "each of step_0, step_1, step_2" in text


@pytest.mark.parametrize(
    "judge", [FirstError(method="first_error"), StepVerdicts(method="step_verdicts")]
)
def test_a_judge_that_is_not_told_so_writes_free_text(judge):
    (question,) = judge.questions(a_problem(), a_solution(3))
    assert question.schema is None
    assert judge.prompt == judge.method
