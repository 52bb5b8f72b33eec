"""Choosing among a problem's solutions: how hard it is, when to draw on, which ones to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.sampling import Quota, difficulty, one_sided, outside, solve_rate
from stepmark.records import Outcome, Solution
from tests.fakes.factories import a_solution

LETTERS: dict[str, Outcome] = {"C": "correct", "I": "incorrect", "?": "unknown"}
FIFTHS = (0.2, 0.4, 0.6, 0.8)
sequences = st.text(alphabet="CI?", max_size=30)
sizes = st.integers(1, 9)


def ending(outcomes: str) -> list[Solution]:
    """Solutions that ended so, by draw."""
    return [
        a_solution(outcome=LETTERS[letter], draw=draw, id=f"so_{draw}")
        for draw, letter in enumerate(outcomes)
    ]


def a_quota(correct: int = 2, incorrect: int = 2, max_draws: int = 20) -> Quota:
    return Quota(correct=correct, incorrect=incorrect, max_draws=max_draws)


def draws(solutions: Sequence[Solution]) -> list[int]:
    return [solution.draw for solution in solutions]


@pytest.mark.parametrize(
    ("outcomes", "rate"),
    [
        ("CCCI", 0.75),
        ("IIII", 0.0),
        ("C", 1.0),
        ("CI?C", 2 / 3),
        ("C??C", None),
        ("?", None),
        ("", None),
    ],
)
def test_the_solve_rate_is_of_graded_solutions_and_unknown_where_many_are_not(outcomes, rate):
    assert solve_rate(ending(outcomes), len(outcomes)) == rate


def test_draws_that_became_no_solution_were_not_graded_either():
    assert solve_rate(ending("CCI"), 4) == 2 / 3
    assert solve_rate(ending("CCI"), 5) is None


@pytest.mark.parametrize(
    ("rate", "level"), [(1.0, 0), (4 / 5, 0), (0.79, 1), (3 / 5, 1), (0.2, 3), (0.19, 4), (0.0, 4)]
)
def test_bins_count_from_the_easiest_and_an_edge_is_on_the_easier_side(rate, level):
    assert difficulty(rate, FIFTHS) == level


def test_an_unknown_rate_is_in_no_bin():
    assert difficulty(None, FIFTHS) is None


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_problem_solved_less_often_is_never_in_an_easier_bin(one, other):
    less, more = sorted((one, other))
    levels = [difficulty(rate, FIFTHS) or 0 for rate in (more, less)]
    assert levels == sorted(levels)


@pytest.mark.parametrize(
    ("rate", "bounds", "why"),
    [
        (0.2, (0.2, 0.8), None),
        (0.8, (0.2, 0.8), None),
        (0.19, (0.2, 0.8), "too_hard"),
        (0.81, (0.2, 0.8), "too_easy"),
        (None, (0.2, 0.8), "solve_rate_unknown"),
        (None, (0.0, 1.0), None),
    ],
)
def test_both_bounds_are_inside_and_only_a_narrower_range_needs_a_rate(rate, bounds, why):
    assert outside(rate, bounds) == why


@pytest.mark.parametrize(
    ("outcomes", "why"),
    [
        ("CI", None),
        ("C?", "always_solved"),
        ("I?", "never_solved"),
        ("??", "solve_rate_unknown"),
        ("", "solve_rate_unknown"),
    ],
)
def test_a_problem_with_one_outcome_is_named_by_it(outcomes, why):
    assert one_sided(ending(outcomes)) == why


def test_rounds_are_equal_and_the_last_ends_at_the_bound():
    assert list(a_quota(max_draws=10).rounds_after(4)) == [range(4, 8), range(8, 10)]
    assert list(a_quota(max_draws=4).rounds_after(4)) == []


@given(sizes, st.integers(1, 40))
def test_with_the_first_round_every_draw_up_to_the_bound_is_asked_once(size, most):
    rounds = [range(min(size, most)), *a_quota(max_draws=most).rounds_after(size)]
    assert [draw for each in rounds for draw in each] == list(range(most))


@pytest.mark.parametrize(("outcomes", "full"), [("CICI", True), ("CICC", False), ("II??", False)])
def test_a_quota_is_full_when_both_outcomes_are_there_often_enough(outcomes, full):
    assert a_quota().is_full(ending(outcomes)) is full


def test_the_first_of_each_outcome_are_kept_and_the_others_have_a_reason():
    kept, left = a_quota(correct=1, incorrect=2).choose(ending("C?CIIIC"))
    assert draws(kept) == [0, 3, 4]
    assert [(solution.draw, why) for solution, why in left] == [
        (1, "unknown_outcome"),
        (2, "surplus"),
        (5, "surplus"),
        (6, "surplus"),
    ]


@given(sequences, sequences, sizes, sizes)
def test_what_is_kept_depends_on_nothing_that_was_drawn_later(outcomes, more, right, wrong):
    quota = a_quota(right, wrong)
    kept = quota.choose(ending(outcomes)).kept
    later = quota.choose(ending(outcomes + more)).kept
    assert [s for s in later if s.draw < len(outcomes)] == list(kept)


@given(sequences, sizes, sizes)
def test_every_solution_is_kept_or_left_and_never_more_than_asked(outcomes, right, wrong):
    kept, left = a_quota(right, wrong).choose(ending(outcomes))
    assert sorted([*draws(kept), *(s.draw for s, _ in left)]) == list(range(len(outcomes)))
    ended = Counter(solution.outcome for solution in kept)
    assert ended["correct"] == min(right, outcomes.count("C"))
    assert ended["incorrect"] == min(wrong, outcomes.count("I"))


@pytest.mark.parametrize("change", [{"correct": 0}, {"incorrect": 0}])
def test_a_quota_that_asks_for_one_outcome_only_is_refused(change):
    with pytest.raises(ValueError, match="at least one of each outcome"):
        a_quota(**change)
