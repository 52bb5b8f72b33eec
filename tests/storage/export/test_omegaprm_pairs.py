from __future__ import annotations

import numpy as np
import pytest

from stepmark.counts import Tally
from stepmark.prefixes import prefixes_of
from stepmark.records import Rollout, Solution
from storage.export.omegaprm_pairs import SoftPair, preference, soft_pairs
from tests.fakes.columns import records_from, table_from
from tests.fakes.factories import a_solution, rollouts_of


def pairs(*stated: tuple[list[str], dict[int, Tally]]) -> tuple[SoftPair, ...]:
    solutions = [a_solution(steps) for steps, _ in stated]
    rollouts = [
        r
        for s, (_, tallies) in zip(solutions, stated, strict=True)
        for r in rollouts_of(s, tallies)
    ]
    trees = prefixes_of(table_from(Solution, solutions), table_from(Rollout, rollouts))
    return records_from(SoftPair, soft_pairs(trees))


@pytest.mark.parametrize(("p", "q", "target"), [(0.75, 0.25, 0.75), (1, 0, 1), (0.5, 0.5, 0.5)])
def test_the_target_is_the_papers(p, q, target):
    assert preference(np.array([p]), np.array([q])) == pytest.approx([target])


def test_two_continuations_of_a_prefix_are_a_pair_the_better_first():
    root = {0: Tally(4, 4)}
    (pair,) = pairs((["a", "b"], root | {1: Tally(2, 6)}), (["x", "y"], root | {1: Tally(6, 2)}))
    assert (pair.prefix, pair.first, pair.second) == ("", "x", "a")
    assert (pair.first_value, pair.second_value, pair.target) == (0.75, 0.25, 0.75)


def test_continuations_of_different_prefixes_are_no_pair():
    assert not pairs((["a", "b", "c"], {1: Tally(4, 4), 2: Tally(2, 6)}))


def test_a_prefix_with_many_unknown_draws_is_in_no_pair():
    assert not pairs((["a", "b"], {1: Tally(2, 2, 4)}), (["x", "y"], {1: Tally(6, 2)}))


def test_the_value_is_of_the_prefix_alone_and_not_of_what_follows():
    (pair,) = pairs(
        (["a", "b", "c"], {1: Tally(6, 2), 2: Tally(0, 8)}), (["x", "y"], {1: Tally(2, 6)})
    )
    assert pair.first_value == 0.75
