"""Evidence as arrays is what the rollouts say, solution by solution."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.counts import Tally
from stepmark.errors import StorageError
from stepmark.evidence import Evidence, evidence_of
from stepmark.records import Outcome, Rollout, Solution
from tests.fakes.columns import table_from
from tests.fakes.factories import a_rollout, a_solution, rollouts_of

PARTS = ("correct", "incorrect", "unknown", "own")


def evidence(solutions: list[Solution], rollouts: list[Rollout]) -> Evidence:
    return evidence_of(table_from(Solution, solutions), table_from(Rollout, rollouts))


def tallies_at(counts: Any) -> list[Tally]:
    columns = (getattr(counts, part).tolist() for part in PARTS)
    return [Tally(*row) for row in zip(*columns, strict=True)]


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    incorrect = draw(st.integers(0, 3))
    others = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    return Tally(others[0], incorrect, others[1], draw(st.integers(0, incorrect)))


@st.composite
def drawn(draw: st.DrawFn) -> list[tuple[Solution, dict[int, Tally]]]:
    """Return solutions with a tally at each prefix, the bare problem's first."""
    lengths = draw(st.lists(st.integers(0, 3), max_size=4))
    outcomes = st.sampled_from(get_args(Outcome))
    return [
        (
            a_solution(steps, id=f"so_{number}", outcome=draw(outcomes)),
            {position: draw(tallies()) for position in range(steps + 1)},
        )
        for number, steps in enumerate(lengths)
    ]


@given(drawn(), st.randoms(use_true_random=False))
def test_each_prefix_has_the_tally_of_its_rollouts(world, rng):
    rollouts = [r for solution, by_position in world for r in rollouts_of(solution, by_position)]
    rng.shuffle(rollouts)
    counts = evidence([solution for solution, _ in world], rollouts).drawn
    assert tallies_at(counts.root) == [by_position[0] for _, by_position in world]
    steps = [by[t] for solution, by in world for t in range(1, len(solution.steps) + 1)]
    assert tallies_at(counts) == steps
    assert np.diff(counts.offsets).tolist() == [len(solution.steps) for solution, _ in world]


@given(drawn(), st.randoms(use_true_random=False))
def test_each_rollout_counts_where_it_leaves_the_text_and_at_the_steps_it_wrote_again(world, rng):
    rollouts = [
        replace(r, reach=rng.randint(r.position, len(solution.steps)))
        for solution, by_position in world
        for r in rollouts_of(solution, by_position)
    ]
    passages = evidence([solution for solution, _ in world], rollouts).drawn.passages
    expected = [
        (
            sum(r.position <= step < r.reach for r in its),
            sum(r.reach == step and r.outcome == "correct" for r in its),
            sum(r.reach == step and r.own for r in its),
            sum(r.reach == step for r in its),
        )
        for solution, _ in world
        for its in [[r for r in rollouts if r.solution_id == solution.id]]
        for step in range(len(solution.steps))
    ]
    left = passages.left
    found = zip(passages.again, left.correct, left.own, left.total, strict=True)
    assert [tuple(map(int, row)) for row in found] == expected


def test_a_whole_solution_is_judged_by_its_own_answer_where_asked():
    right, wrong = a_solution(2, outcome="correct", id="so_1"), a_solution(1, id="so_2")
    found = evidence([right, wrong], list(rollouts_of(right, {1: Tally(3), 2: Tally(0, 5)})))
    both = found.judged(np.array([True, True]))
    assert tallies_at(both) == [Tally(3), Tally(1), Tally(0, 1, 0, 1)]
    neither = found.judged(np.array([False, False]))
    assert tallies_at(neither) == [Tally(3), Tally(0, 5), Tally()]


def test_a_prover_stands_beside_with_its_own_draws_and_the_cost_of_both():
    right = a_solution(2, outcome="correct", id="so_1")
    own = evidence([right], list(rollouts_of(right, {1: Tally(3)})))
    both = own.beside(evidence([right], list(rollouts_of(right, {0: Tally(1), 1: Tally(1, 4)}))))
    judged = both.judged(np.array([True]))
    assert judged.prover is not None
    assert tallies_at(judged) == [Tally(3), Tally(1)]
    assert tallies_at(judged.prover) == [Tally(1, 4), Tally(1)]
    assert tallies_at(judged.prover.root) == [Tally(1)]
    assert both.spent.rollouts.tolist() == [9]
    assert both.spent.requests.tolist() == [3]


def test_a_prompt_is_counted_once_for_each_solution_that_used_it():
    one, two = a_solution(2, id="so_1"), a_solution(2, id="so_2")
    shared = [a_rollout(s, 1, draw, "correct") for s in (one, two) for draw in range(3)]
    spent = evidence([one, two], [*shared, a_rollout(one, 0, 0, "unknown")]).spent
    assert spent.rollouts.tolist() == [4, 3]
    assert spent.requests.tolist() == [2, 1]
    assert (spent.prompt_tokens.tolist(), spent.completion_tokens.tolist()) == ([20, 10], [20, 15])


@pytest.mark.parametrize(
    "changes", [{"solution_id": "so_other"}, {"position": 3}, {"position": -1}]
)
def test_a_rollout_of_no_known_prefix_is_refused_and_named(changes):
    solution = a_solution(2, id="so_1")
    astray = replace(a_rollout(solution, 1, 0, "correct"), **changes)
    with pytest.raises(StorageError, match=r"1 rollouts belong to no prefix.*start clean"):
        evidence([solution], [astray])
