"""Trees of one level or two, worked by hand: what is written is a step of thirty letters."""

from __future__ import annotations

import pytest

from stepmark.counts import Tally
from stepmark.prefixes import prefixes_of
from stepmark.records import Rollout, Solution
from storage.export.rstar_pairs import StepPair, step_pairs
from storage.export.written import Written
from tests.fakes.columns import table_from
from tests.fakes.factories import a_solution, rollouts_of


def pairs(stated: dict[str, dict[int, Tally]], **bounds) -> list[tuple[str, str, float]]:
    """`ab` stands for a solution of the steps aaa…, bbb… and an end."""
    return [(p.pos[0], p.neg[0], round(p.margin, 4)) for p in rows(stated, **bounds)]


def rows(stated: dict[str, dict[int, Tally]], **bounds) -> tuple[StepPair, ...]:
    return written(stated, **bounds).rows


def written(stated: dict[str, dict[int, Tally]], dropped: str | None = None, **bounds) -> Written:
    """`dropped` is the name of a solution that is not in the data."""
    solutions = [a_solution([*(c * 30 for c in letters), "end"]) for letters in stated]
    rollouts = [
        r
        for solution, tallies in zip(solutions, stated.values(), strict=True)
        for r in rollouts_of(solution, tallies)
    ]
    kept = {s.id for s, name in zip(solutions, stated, strict=True) if name != dropped}
    trees = prefixes_of(table_from(Solution, solutions), table_from(Rollout, rollouts), kept)
    return step_pairs(trees, **bounds)


def test_a_step_is_preferred_to_one_with_a_smaller_q():
    assert pairs({"a": {1: Tally(6, 2)}, "b": {1: Tally(2, 6)}}) == [("a", "b", 1.0)]


@pytest.mark.parametrize(("correct", "kept"), [(4, 1), (3, 0)])
def test_a_margin_of_exactly_a_half_is_kept(correct, kept):
    """Q of 4 in 8 is 0, of 2 in 8 it is −0.5."""
    assert len(pairs({"a": {1: Tally(correct, 8 - correct)}, "b": {1: Tally(2, 6)}})) == kept


@pytest.mark.parametrize(("edits", "kept"), [(30, 1), (31, 0)])
def test_steps_exactly_so_many_edits_apart_are_kept(edits, kept):
    stated = {"a": {1: Tally(8)}, "b": {1: Tally(0, 8)}}
    assert len(pairs(stated, edits=edits)) == kept


def test_the_default_distance_is_twenty_edits():
    assert not pairs({"a": {1: Tally(8)}, "b": {1: Tally(0, 8)}}, edits=31)
    assert pairs({"a": {1: Tally(8)}, "b": {1: Tally(0, 8)}})


def test_two_of_each_side_are_candidates():
    stated = {name: {1: Tally(8)} for name in "abc"} | {name: {1: Tally(0, 8)} for name in "xyz"}
    said = rows(stated)
    assert [(p.pos[0], p.neg[0]) for p in said] == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    assert {(p.pos_count, p.neg_count) for p in said} == {(2, 2)}


def test_the_best_are_preferred_to_the_worst():
    right = {"a": {1: Tally(5, 3)}, "b": {1: Tally(8)}, "c": {1: Tally(7, 1)}}
    wrong = {"x": {1: Tally(1, 7)}, "y": {1: Tally(0, 8)}, "z": {1: Tally(2, 6)}}
    assert {pair[:2] for pair in pairs(right | wrong)} == {
        (pos, neg) for pos in "bc" for neg in "yx"
    }


def test_four_are_where_the_other_side_has_one():
    one, many = {1: Tally(8)}, {1: Tally(0, 8)}
    said = rows({"a": one} | dict.fromkeys("vwxyz", many))
    assert [p.neg[0] for p in said] == ["v", "w", "x", "y"]
    assert {(p.pos_count, p.neg_count) for p in said} == {(1, 4)}
    said = rows({"a": many} | dict.fromkeys("vwxyz", one))
    assert [p.pos[0] for p in said] == ["v", "w", "x", "y"]
    assert {(p.pos_count, p.neg_count) for p in said} == {(4, 1)}


def test_a_step_with_unknown_rollouts_only_is_no_candidate():
    said = rows({"a": {1: Tally(8)}, "b": {1: Tally(0, 8)}, "c": {1: Tally(0, 0, 8)}})
    assert [(p.pos[0], p.neg[0], p.neg_count) for p in said] == [("a", "b", 1)]


def test_no_step_is_preferred_to_itself():
    stated = {"aq": {1: Tally(4, 4), 2: Tally(8)}, "ar": {1: Tally(4, 4), 2: Tally(0, 8)}}
    assert all(pos != neg for pos, neg, _ in pairs(stated, margin=0.0, edits=0))


def test_a_step_below_which_nothing_is_right_is_never_preferred():
    assert not pairs({"a": {1: Tally(0, 8)}, "b": {1: Tally(0, 8)}}, margin=0.0)


def test_the_best_continuation_must_be_better_than_the_worst():
    """`a` has the larger Q; its best continuation `aq` and the worst one of `b`, `br`, decide."""
    stated = {
        "aq": {1: Tally(6, 2), 2: Tally(1, 7)},
        "br": {1: Tally(2, 6), 2: Tally(1, 0)},
    }
    assert ("a", "b") not in {(pos, neg) for pos, neg, _ in pairs(stated, margin=0.0, edits=1)}
    stated["br"] = {1: Tally(2, 6), 2: Tally(0, 1)}
    assert ("a", "b") in {(pos, neg) for pos, neg, _ in pairs(stated, margin=0.0, edits=1)}


def test_pairs_that_are_too_close_or_too_alike_are_counted():
    stated = {"a": {1: Tally(4, 4)}, "b": {1: Tally(3, 5)}}
    assert written(stated).unsaid == {"pairs with a margin of Q below 0.5": 1}
    stated = {"a": {1: Tally(8)}, "b": {1: Tally(0, 8)}}
    assert written(stated, edits=31).unsaid == {"pairs of steps less than 31 edits apart": 1}


def test_a_prefix_that_goes_on_in_one_way_alone_is_counted():
    assert written({"ab": {1: Tally(4, 4), 2: Tally(2, 6)}}).unsaid == {
        "prefixes without a better and a worse continuation": 2
    }


def test_a_step_of_no_solution_in_the_data_is_no_candidate_though_its_rollouts_count():
    """`aq` is dropped: `a` is a step of `ar` too, and keeps its Q of 0 in all."""
    stated = {
        "aq": {1: Tally(4, 4), 2: Tally(8)},
        "ar": {1: Tally(4, 4), 2: Tally(0, 8)},
        "x": {1: Tally(0, 8)},
    }
    told = written(stated, dropped="aq")
    assert [(p.pos[0], p.neg[0], p.margin) for p in told.rows] == [("a", "x", 1.0)]
    assert told.unsaid == {
        "prefixes of no solution in the data": 1,
        "prefixes without a better and a worse continuation": 1,
    }
