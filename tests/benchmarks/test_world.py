"""The measuring world keeps its promises: addressed draws, stated truth, stated chances."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.drawn import CORRECT, OWN, UNKNOWN
from benchmarks.information import capacities, fewest_rollouts
from benchmarks.world import DRAWS, WORLDS, Simulated
from stepmark.counts import Tally


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_solutions_depend_on_seed_and_index_alone(world):
    few, more = list(world.solutions(2, 3, "incorrect")), list(world.solutions(4, 3, "incorrect"))
    for one, same in zip(few, more, strict=False):
        assert one.first_error == same.first_error
        assert (one.ends == same.ends).all()


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_a_wrong_answer_has_an_error_within_the_solution(world):
    for solution in world.solutions(40, 1, "incorrect"):
        assert solution.first_error is not None
        assert 0 <= solution.first_error < solution.steps
        assert solution.ends.shape == (solution.steps, DRAWS)
        assert solution.channels.sum(axis=2) == pytest.approx(1)


def test_right_answers_hide_an_error_as_often_as_stated_and_have_no_own_mistake():
    made = list(WORLDS["as_assumed"].solutions(600, 1, "correct"))
    assert np.mean([s.first_error is not None for s in made]) == pytest.approx(0.2, abs=0.05)
    assert not any((s.ends == OWN).any() for s in made)


def right_chances(solution: Simulated) -> np.ndarray:
    assert solution.first_error is not None
    position = np.arange(solution.steps)
    return np.asarray(solution.channels[position, (position > solution.first_error) * 1, 0])


def test_draws_end_as_often_as_the_chances_say():
    made = list(WORLDS["as_assumed"].solutions(200, 1, "incorrect"))
    seen = np.concatenate([(s.ends == CORRECT).mean(axis=1) for s in made])
    stated = np.concatenate([right_chances(s) for s in made])
    assert np.mean(seen - stated) == pytest.approx(0, abs=0.03)  # 1–4 % are unknown
    assert np.corrcoef(seen, stated)[0, 1] > 0.9


def test_a_tally_counts_the_first_draws_and_the_whole_solution_is_its_own_answer():
    (solution,) = WORLDS["as_assumed"].solutions(1, 1, "incorrect")
    ends = np.array([CORRECT, OWN, UNKNOWN, 2, 2], dtype=np.int8)
    rows = np.tile(np.resize(ends, DRAWS), (solution.steps, 1))
    solution = dataclasses.replace(solution, ends=rows)
    assert solution.tally(1, 4) == Tally(correct=1, incorrect=2, unknown=1, own=1)
    assert solution.tally(solution.steps, 9) == Tally(incorrect=1, own=1)


def test_a_perfect_channel_holds_one_bit_and_a_useless_one_none():
    perfect, useless = [[1.0, 0, 0], [0, 1.0, 0]], [[0.2, 0.3, 0.5]] * 2
    held = capacities(np.array([useless, perfect, useless]))
    assert held == pytest.approx([1, 0], abs=1e-6)


def test_the_bound_grows_with_the_accuracy_and_is_the_missing_bits_where_channels_are_perfect():
    made = list(WORLDS["as_assumed"].solutions(300, 1, "incorrect"))
    bounds = [fewest_rollouts(made, accuracy) for accuracy in (0.6, 0.8, 0.95)]
    assert bounds == sorted(bounds)
    perfect = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    two_steps = [
        dataclasses.replace(
            made[0], steps=2, first_error=i % 2, channels=np.stack([perfect, perfect])
        )
        for i in range(2)
    ]
    assert fewest_rollouts(two_steps, 1.0) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", WORLDS)
def test_every_world_has_right_answers_too(name):
    solutions = list(WORLDS[name].solutions(40, 0, "correct"))
    assert any(solution.first_error is None for solution in solutions)
