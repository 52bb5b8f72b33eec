from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from stepmark.counts import Tally
from stepmark.prefixes import Prefixes, prefixes_of, terminal_q, through
from stepmark.records import Rollout, Solution
from tests.fakes.columns import table_from
from tests.fakes.factories import a_rollout, a_solution, rollouts_of

LEFT = a_solution(["a", "b", "c"])
RIGHT = a_solution(["a", "x", "c"])


def prefixes(solutions: Sequence[Solution], rollouts: Sequence[Rollout]) -> Prefixes:
    return prefixes_of(table_from(Solution, solutions), table_from(Rollout, rollouts))


def test_solutions_that_share_a_prefix_share_its_draws():
    tallies = {0: Tally(4, 4), 1: Tally(3, 1), 2: Tally(0, 4)}
    both = [*rollouts_of(LEFT, tallies), *rollouts_of(RIGHT, tallies)]
    found = prefixes([LEFT, RIGHT], both)
    assert found.texts == ("", "a", "ab", "ax")
    assert found.parents.tolist() == [-1, 0, 1, 1]
    assert found.correct.tolist() == [4, 3, 0, 0]
    assert found.incorrect.tolist() == [4, 1, 4, 4]
    assert [found.step(entry) for entry in range(4)] == ["", "a", "b", "x"]


def test_the_draw_that_wrote_a_solution_counts_for_its_prefix():
    drawn = a_rollout(LEFT, 1, 0, "correct")
    written = replace(LEFT, request=drawn.request, draw=1)
    found = prefixes([written], [replace(drawn, solution_id=written.id)])
    assert (found.correct.tolist(), found.incorrect.tolist()) == ([1], [1])


def test_a_solution_kept_from_later_draws_is_no_measurement_of_its_prefix():
    """Draws 0 to 2 fail; a quota goes on drawing until number 40 is right, and keeps that."""
    drawn = [a_rollout(LEFT, 0, draw, "incorrect") for draw in range(3)]
    kept = replace(LEFT, request=drawn[0].request, draw=40, outcome="correct")
    found = prefixes([kept], [replace(each, solution_id=kept.id) for each in drawn])
    assert (found.correct.tolist(), found.incorrect.tolist()) == ([0], [3])


def test_prefixes_of_kept_solutions_are_kept_with_the_draws_of_all():
    """Draw 0 of the bare problem is right and was dropped: the rate stays what it was."""
    drawn = [a_rollout(LEFT, 0, draw, "incorrect") for draw in (1, 2)]
    right = replace(RIGHT, request=drawn[0].request, draw=0, outcome="correct")
    tallies = {0: Tally(0, 2), 1: Tally(3, 1), 2: Tally(0, 4)}
    rollouts = [*drawn, *rollouts_of(LEFT, {2: tallies[2]}), *rollouts_of(right, tallies)]
    found = prefixes_of(
        table_from(Solution, [LEFT, right]), table_from(Rollout, rollouts), {LEFT.id}
    )
    kept = dict(zip(found.texts, found.kept.tolist(), strict=True))
    assert kept == {"": True, "a": False, "ab": True, "ax": False}
    assert (found.correct[0], found.incorrect[0]) == (1, 2)


def test_a_draw_that_two_annotators_have_counts_once():
    rollouts = rollouts_of(LEFT, {1: Tally(3, 1)})
    found = prefixes([LEFT], [*rollouts, *rollouts, *rollouts_of(LEFT, {2: Tally(1, 1)})])
    assert found.texts == ("a", "ab")
    assert (found.correct.tolist(), found.incorrect.tolist()) == ([3, 1], [1, 1])


def test_problems_with_one_statement_and_different_answers_do_not_share_draws():
    """The address is the prompt's, and the same draw is right for one and wrong for the other."""
    other = a_solution(["a", "b", "c"], problem_id="pb_other", id="so_other", request=LEFT.request)
    drawn = a_rollout(LEFT, 1, 0, "correct")
    graded = replace(drawn, problem_id="pb_other", solution_id="so_other", outcome="incorrect")
    found = prefixes([LEFT, other], [drawn, graded])
    measured = zip(found.problems, found.correct.tolist(), found.incorrect.tolist(), strict=True)
    assert sorted(measured) == sorted([(LEFT.problem_id, 1, 0), ("pb_other", 0, 1)])


def test_the_order_of_the_rows_does_not_matter():
    tallies = {0: Tally(4, 4), 1: Tally(3, 1), 2: Tally(0, 4)}
    both = [*rollouts_of(LEFT, tallies), *rollouts_of(RIGHT, tallies)]
    plain, turned = prefixes([LEFT, RIGHT], both), prefixes([RIGHT, LEFT], both[::-1])
    assert plain.texts == turned.texts
    assert plain.parents.tolist() == turned.parents.tolist()
    assert plain.correct.tolist() == turned.correct.tolist()


def test_q_is_the_mean_reward_of_the_rollouts_through_a_node():
    """Worked by hand: 2 of 8 rollouts through the root are right, 2 of 6 through `a`."""
    rollouts = [
        *rollouts_of(LEFT, {0: Tally(0, 2), 1: Tally(1, 1), 2: Tally(1, 1)}),
        *rollouts_of(RIGHT, {2: Tally(0, 2)}),
    ]
    found = prefixes([LEFT, RIGHT], [*rollouts, *rollouts_of(RIGHT, {1: Tally(1, 1)})])
    assert through(found, found.correct).tolist() == [2, 2, 1, 0]
    assert terminal_q(found) == pytest.approx([-0.5, -1 / 3, 0, -1])


def test_unknown_rollouts_are_no_reward():
    found = prefixes([LEFT], rollouts_of(LEFT, {1: Tally(1, 0, 7), 2: Tally(0, 0, 8)}))
    assert terminal_q(found).tolist() == pytest.approx([1, float("nan")], nan_ok=True)


def test_what_continues_an_unmeasured_root_is_one_family():
    rollouts = [*rollouts_of(LEFT, {1: Tally(1)}), *rollouts_of(RIGHT, {2: Tally(1)})]
    other = a_solution(["z", "y"], problem_id="pb_other")
    found = prefixes([LEFT, RIGHT, other], [*rollouts, *rollouts_of(other, {1: Tally(1)})])
    named = {
        key[0] == "pb_other": [found.texts[e] for e in v] for key, v in found.families().items()
    }
    assert named == {False: ["a", "ax"], True: ["z"]}
