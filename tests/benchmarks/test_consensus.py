"""The consensus benchmark: scripted judges follow their rates, and agree as theory says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.consensus import FIRST, SECOND, Heard, drawn, measure
from benchmarks.consensus_plot import MARKS, draw
from benchmarks.scripted_judges import (
    agreement_of_two,
    by_rollouts,
    chances,
    labels_of,
    right_labels,
    truth,
)
from filters.consensus import SameFirstError
from stepmark.labels import NONE
from stepmark.posterior import Confusion

RATES = Confusion(before=0.1, at=0.6, after=0.2)


def test_a_scripted_judge_walks_until_it_stops():
    expected = [0.1, 0.9 * 0.6, 0.9 * 0.4 * 0.2, 0.9 * 0.4 * 0.8]
    assert chances(RATES, 3, 1) == pytest.approx(expected)
    assert chances(RATES, 2, 2) == pytest.approx([0.1, 0.9 * 0.1, 0.81])


def test_labels_up_to_the_step_named_are_right_as_far_as_the_first_error():
    named = np.array([0, 1, 2, 3, 4])
    assert right_labels(named, 2, 4).tolist() == [0, 1, 3, 3, 2]


def test_independent_judges_agree_as_theory_says():
    solutions = drawn("as_assumed", 3000, 5)
    heard = Heard.of(solutions, "independent", 0)
    sources = [labels_of(named, solutions) for named in (heard.first, heard.second)]
    consensus = SameFirstError(method="same_first_error", of=("a", "b")).combine(sources)
    kept = consensus.reasons == NONE
    error = np.array([truth(solution) for solution in solutions])
    steps = np.array([solution.steps for solution in solutions])
    theory = agreement_of_two(FIRST.rates, SECOND.rates, solutions)
    assert kept.mean() == pytest.approx(theory.retention, abs=0.03)
    assert (heard.first == error)[kept].mean() == pytest.approx(theory.precision, abs=0.03)
    right = right_labels(heard.first, error, steps)[kept].sum()
    labelled = np.minimum(heard.first + 1, steps)[kept].sum()
    assert right / labelled == pytest.approx(theory.label_accuracy, abs=0.03)


def test_judges_that_lean_repeat_what_they_lean_on():
    solutions = drawn("as_assumed", 300, 5)
    same = {
        condition: float((heard.first == heard.second).mean())
        for condition in ("independent", "judges alike")
        if (heard := Heard.of(solutions, condition, 0))
    }
    assert same["judges alike"] > same["independent"] + 0.2
    leaning = Heard.of(solutions, "judges like rollouts", 0)
    assert (leaning.first == by_rollouts(solutions)).mean() > 0.6


def test_every_source_has_its_figures_and_its_mark(tmp_path):
    by_condition = measure("as_assumed", 6, 12)
    for by_source in by_condition.values():
        assert set(by_source) == set(MARKS)
    figures = {
        f"as_assumed, {condition}: {source}": its
        for condition, by_source in by_condition.items()
        for source, its in by_source.items()
    }
    json.dumps(figures)
    draw(figures, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 0
