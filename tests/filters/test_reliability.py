"""Dawid–Skene: a worked example, and what it must find in a world that is as assumed."""

from __future__ import annotations

import numpy as np
import pytest

from filters.reliability import MISSING, fit

VOTES = ["000", "001", "000", "010", "111", "101", "110", "111", "000", "111", "011", "01-"]
"""Twelve items, three annotators. The expected numbers are those of crowd-kit 1.4.2's DawidSkene
on these votes, n_iter=1000, tol=1e-12, which smooths nothing."""
CLASS_1 = [0.025316, 0.303797, 0.025316, 0.202532, 1, 1, 1, 1, 0.025316, 1, 0.810127, 0.506329]
CONFUSION = [
    [[1.0, 0.0], [0.275229, 0.724771]],
    [[0.709677, 0.290323], [0.2, 0.8]],
    [[0.807692, 0.192308], [0.2, 0.8]],
]


def coded(votes: list[str]) -> np.ndarray:
    return np.array(
        [[MISSING if x == "-" else int(x) for x in row] for row in votes], dtype=np.int8
    )


def test_the_worked_example_comes_out():
    found = fit(coded(VOTES), 2, smoothing=0.0, gain=1e-14, rounds=1000)
    assert found.classes[:, 1] == pytest.approx(CLASS_1, abs=2e-6)
    assert found.confusion == pytest.approx(np.array(CONFUSION), abs=2e-6)
    assert found.shares == pytest.approx([0.425105, 0.574895], abs=2e-6)


def test_known_confusion_matrices_are_found_again():
    rng = np.random.default_rng(3)
    truth = rng.random(20_000) < 0.3
    hits, alarms = np.array([0.9, 0.7, 0.8, 0.85]), np.array([0.05, 0.2, 0.1, 0.1])
    chance = np.where(truth[:, None], hits, alarms)
    votes = (rng.random(chance.shape) < chance).astype(np.int8)
    found = fit(votes, 2)
    assert found.shares[1] == pytest.approx(0.3, abs=0.02)
    assert found.confusion[:, 1, 1] == pytest.approx(hits, abs=0.03)
    assert found.confusion[:, 0, 1] == pytest.approx(alarms, abs=0.03)


def test_the_better_annotator_wins_against_two_that_guess():
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 4000)
    good = [np.where(rng.random(4000) < 0.95, truth, 1 - truth) for _ in range(2)]
    poor = [np.where(rng.random(4000) < 0.55, truth, 1 - truth) for _ in range(3)]
    votes = np.stack([*good, *poor], axis=1).astype(np.int8)
    fitted = fit(votes, 2).classes.argmax(axis=1)
    counted = (votes.mean(axis=1) > 0.5).astype(int)
    assert (fitted == truth).mean() > (counted == truth).mean() + 0.03


def test_chances_add_up_to_one():
    found = fit(coded(VOTES), 2)
    assert found.classes.sum(axis=1) == pytest.approx(1)
    assert found.confusion.sum(axis=2) == pytest.approx(1)
