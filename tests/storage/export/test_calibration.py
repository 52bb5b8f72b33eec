"""Calibration sets hold the counts of every measured prefix once."""

from __future__ import annotations

from stepmark.counts import Tally
from stepmark.prefixes import prefixes_of
from stepmark.records import Rollout, Solution
from storage.export.calibration import measured_prefixes
from storage.export.written import Written
from tests.fakes.columns import table_from
from tests.fakes.factories import a_solution, rollouts_of


def said(*stated: tuple[list[str], dict[int, Tally]]) -> Written:
    solutions = [a_solution(steps) for steps, _ in stated]
    rollouts = [
        r
        for s, (_, tallies) in zip(solutions, stated, strict=True)
        for r in rollouts_of(s, tallies)
    ]
    trees = prefixes_of(table_from(Solution, solutions), table_from(Rollout, rollouts))
    return measured_prefixes(trees, {s.problem_id: "How many?" for s in solutions})


def test_a_prefix_has_its_counts_and_the_share_of_graded_rollouts():
    (row,) = said((["a", "b"], {1: Tally(2, 6, 4)})).rows
    assert (row.problem, row.prefix) == ("How many?", "a")
    assert (row.correct, row.incorrect, row.unknown, row.value) == (2, 6, 4, 0.25)


def test_the_bare_problem_is_a_prefix():
    rows = said((["a", "b"], {0: Tally(4, 4), 1: Tally(8, 0)})).rows
    assert {(row.prefix, row.value) for row in rows} == {("", 0.5), ("a", 1.0)}


def test_a_prefix_without_a_graded_rollout_is_counted_and_not_called_dead():
    told = said((["a", "b", "c"], {1: Tally(0, 0, 8), 2: Tally(0, 8)}))
    assert [(row.prefix, row.value) for row in told.rows] == [("ab", 0.0)]
    assert told.unsaid == {"prefixes without a graded rollout": 1}


def test_a_prefix_of_no_solution_in_the_data_is_counted():
    solutions = [a_solution(["a", "b"]), a_solution(["x", "y"])]
    rollouts = [r for s in solutions for r in rollouts_of(s, {0: Tally(4, 4), 1: Tally(8)})]
    trees = prefixes_of(
        table_from(Solution, solutions), table_from(Rollout, rollouts), {solutions[0].id}
    )
    told = measured_prefixes(trees, {solutions[0].problem_id: "How many?"})
    assert [row.prefix for row in told.rows] == ["", "a"]
    assert told.unsaid == {"prefixes of no solution in the data": 1}
