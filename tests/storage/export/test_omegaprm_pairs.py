from __future__ import annotations

import pytest

from stepmark.counts import Tally
from stepmark.prefixes import prefixes_of
from stepmark.records import Rollout, Solution
from storage.export.omegaprm_pairs import SoftPair, preference, soft_pairs
from storage.export.written import Written
from tests.fakes.columns import table_from
from tests.fakes.factories import a_solution, rollouts_of


def pairs(*stated: tuple[list[str], dict[int, Tally]]) -> tuple[SoftPair, ...]:
    return written(*stated).rows


def written(*stated: tuple[list[str], dict[int, Tally]], kept: str = "abx") -> Written:
    """`kept` are the first letters of the solutions that are in the data."""
    solutions = [a_solution(steps) for steps, _ in stated]
    rollouts = [
        r
        for s, (_, tallies) in zip(solutions, stated, strict=True)
        for r in rollouts_of(s, tallies)
    ]
    ids = {solution.id for solution in solutions if solution.steps[0] in kept}
    trees = prefixes_of(table_from(Solution, solutions), table_from(Rollout, rollouts), ids)
    return soft_pairs(trees)


@pytest.mark.parametrize(("p", "q", "target"), [(0.75, 0.25, 0.75), (1, 0, 1), (0.5, 0.5, 0.5)])
def test_the_target_is_the_papers(p, q, target):
    assert preference(p, q) == pytest.approx(target)


def test_two_continuations_of_a_prefix_are_a_pair_the_better_first():
    root = {0: Tally(4, 4)}
    (pair,) = pairs((["a", "b"], root | {1: Tally(2, 6)}), (["x", "y"], root | {1: Tally(6, 2)}))
    assert (pair.prefix, pair.first, pair.second) == ("", "x", "a")
    assert (pair.first_value, pair.second_value, pair.target) == (0.75, 0.25, 0.75)


def test_continuations_of_different_prefixes_are_no_pair():
    assert not pairs((["a", "b", "c"], {1: Tally(4, 4), 2: Tally(2, 6)}))


def test_a_prefix_with_many_unknown_draws_is_in_no_pair():
    told = written((["a", "b"], {1: Tally(2, 2, 4)}), (["x", "y"], {1: Tally(6, 2)}))
    assert not told.rows
    assert told.unsaid == {
        "continuations with too many unknown rollouts": 1,
        "continuations without another one to compare with": 1,
    }


def test_a_step_of_no_solution_in_the_data_is_in_no_pair():
    solutions = [([letter, "end"], {1: Tally(*tally)}) for letter, tally in zip(
        "abx", [(8,), (4, 4), (0, 8)], strict=True
    )]  # fmt: skip
    told = written(*solutions, kept="ab")
    assert [(pair.first, pair.second) for pair in told.rows] == [("a", "b")]
    assert told.unsaid == {"prefixes of no solution in the data": 1}
    assert not written(*solutions, kept="").rows


def test_the_value_is_of_the_prefix_alone_and_not_of_what_follows():
    (pair,) = pairs(
        (["a", "b", "c"], {1: Tally(6, 2), 2: Tally(0, 8)}), (["x", "y"], {1: Tally(2, 6)})
    )
    assert pair.first_value == 0.75
