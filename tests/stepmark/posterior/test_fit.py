"""Empirical Bayes finds again what made the draws."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.world import WORLDS, World
from stepmark.counts import Counts, Passage, Tally, counts_of
from stepmark.posterior import Hyper, fit
from stepmark.posterior.fit import log_evidence


def drawn(world: World, number: int, outcome="incorrect") -> Counts:
    made = list(world.solutions(number, 17, outcome))
    return counts_of(
        [solution.tally(0, 7) for solution in made],
        [[solution.tally(t, 8) for t in range(1, solution.steps + 1)] for solution in made],
    )


def test_the_fit_explains_the_draws_better_than_its_start():
    counts = drawn(WORLDS["flat"], 40)
    fitted = fit(counts, rounds=2)
    assert log_evidence(fitted, counts) > log_evidence(Hyper(), counts)


def test_values_that_do_not_rise_are_seen():
    flat, rising = (fit(drawn(WORLDS[name], 60), rounds=3) for name in ("flat", "as_assumed"))
    assert flat.shape[0] > 2 * rising.shape[0]


def test_late_errors_are_seen():
    late = World(name="late", error_place=(8.0, 1.5))
    places = np.array(fit(drawn(late, 60), rounds=3).place)
    assert places[-2:].sum() > 0.6


def test_right_answers_tell_how_often_they_hide_an_error():
    hidden = [
        fit(drawn(World(name="", hidden=share), 40, "correct"), rounds=3).error_if_right
        for share in (0.02, 0.6)
    ]
    assert hidden[0] < 0.15
    assert hidden[1] > 0.3


def test_it_is_seen_how_often_steps_are_written_again_before_the_error_and_at_it():
    """Draws that end right from sound prefixes only, and repeat every step but the first wrong."""
    right, own = Tally(correct=6), Tally(incorrect=6, own=6)
    roots, steps, passages = [], [], []
    for number in range(40):
        error = 1 + number % 4
        ends = [right if t <= error else own for t in range(6)]
        roots.append(ends[0])
        steps.append([*ends[1:], Tally(incorrect=1, own=1)])
        passages.append(
            [Passage(0 if t == error else 6, ends[t] if t >= error else Tally()) for t in range(6)]
        )
    fitted = fit(counts_of(roots, steps, passages), rounds=3)
    assert fitted.again_before > 0.9
    assert fitted.again_at < 0.3


def test_nothing_drawn_leaves_the_start_as_it_was():
    start = Hyper()
    fitted = fit(counts_of([], []), start, rounds=2)
    for name in ("clean", "shape", "recovery", "own_broken", "own_sound", "place"):
        weights = np.array(getattr(start, name))
        assert getattr(fitted, name) == pytest.approx(weights / weights.sum())
    assert fitted.error_if_right == pytest.approx(start.error_if_right)
