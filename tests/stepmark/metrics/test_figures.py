"""All figures of an annotator on a few gold solutions, by hand."""

from __future__ import annotations

import pytest

from stepmark.gold import Gold
from stepmark.metrics import measure
from stepmark.metrics.figures import SolutionLabels

GOLD = [
    Gold(id="0", problem="A", steps=("a", "b", "c"), first_error=1),
    Gold(id="1", problem="B", steps=("a", "b"), first_error=None),
    Gold(id="2", problem="C", steps=("a",), first_error=0),
]


def test_every_solution_and_step_is_counted():
    said = [
        SolutionLabels(("correct", "incorrect", "incorrect"), (0.9, 0.2, 0.1)),
        SolutionLabels(("correct", "unlabelled"), (0.8, None)),
        SolutionLabels((), ()),
    ]
    found = measure(GOLD, said)
    assert (found.solutions, found.wrong) == (3, 2)
    assert found.covered == pytest.approx(2 / 3)
    assert found.coverage == pytest.approx(4 / 6)
    assert found.named == pytest.approx(1 / 3)
    assert found.first_errors.wrong is not None
    assert found.first_errors.right is not None
    assert (found.first_errors.wrong.value, found.first_errors.right.value) == (0.5, 0)
    assert found.lenient.wrong is not None
    assert found.lenient.wrong.value == 0.5
    assert found.lenient.f1 is not None
    assert found.lenient.f1.value == pytest.approx(2 / 3)
    assert found.positions["0"] == {"unlabelled": 1}
    assert found.steps.auc is not None
    assert found.steps.auc.value == 1.0
    assert found.calibration is not None
    assert found.calibration.steps == 3  # what comes after a first error is not judged


def test_who_was_asked_about_nothing_is_mistaken_throughout():
    found = measure(GOLD, [SolutionLabels((), ())] * 3)
    assert (found.named, found.covered, found.coverage) == (0, 0, 0)
    assert found.first_errors.f1 is not None
    assert found.first_errors.f1.value == 0
