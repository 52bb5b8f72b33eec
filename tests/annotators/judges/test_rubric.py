from __future__ import annotations

import pytest

from annotators.judges import Dimension, Rubric
from tests.fakes.factories import a_problem, a_solution

LOGIC = Dimension(name="Logic", asks="Does it follow?", weight=3.0)
USE = Dimension(name="Use", asks="Does it help?")
JUDGE = Rubric(method="rubric", rubric=(LOGIC, USE))


def test_dimensions_are_data_of_the_prompt():
    (question,) = JUDGE.questions(a_problem(), a_solution(1))
    assert "- Logic: Does it follow?\n- Use: Does it help?" in question.messages[0].content


def test_the_mean_is_weighted():
    assert JUDGE.mean((1.0, 0.0)) == 0.75


def test_a_mean_of_exactly_a_threshold_reaches_it_whatever_the_weights():
    """As floats (0.1 · 0.75 + 0.3 · 0.75) / 0.4 is below 0.75."""
    dimensions = (
        Dimension(name="a", asks="?", weight=0.1),
        Dimension(name="b", asks="?", weight=0.3),
    )
    judge = Rubric(method="rubric", rubric=dimensions)
    assert judge.parse("Scores:\na: 4\nb: 4").verdicts == ("correct",)
    assert judge.parse("Scores:\na: 3\nb: 3").verdicts == ("neutral",)


def test_scores_are_scaled_to_the_unit_interval():
    assert JUDGE.parse("Scores:\nUse: 1\nLogic: 5").scores == (1.0, 0.0)


@pytest.mark.parametrize(
    ("rubric", "bounds"),
    [((), {}), ((LOGIC, LOGIC), {}), ((LOGIC,), {"correct_from": 0.2, "incorrect_below": 0.4})],
)
def test_a_rubric_that_makes_no_sense_is_refused(rubric, bounds):
    with pytest.raises(ValueError, match=r"rubric has|must rise"):
        Rubric(method="rubric", rubric=rubric, **bounds)


@pytest.mark.parametrize("changes", [{"name": "a: b"}, {"name": " "}, {"weight": 0}])
def test_a_dimension_that_makes_no_sense_is_refused(changes):
    with pytest.raises(ValueError, match="a dimension has"):
        Dimension(**{"name": "Logic", "asks": "?", "weight": 1.0} | changes)
