"""Preferences: who wins, what makes a pair, and that no step is called right or wrong by it."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.preferences import Preferences, ruling
from stepmark.errors import StorageError
from stepmark.records import Annotation, Comparison, Solution
from storage.labels import annotation_table
from tests.fakes.columns import records_from, table_from
from tests.fakes.factories import a_solution
from tests.fakes.referees import a_comparison, asked_of

PREFERENCES = Preferences(method="preferences")
SOLUTION = a_solution(3)


@pytest.mark.parametrize(
    ("wins", "unreadable", "ruled"),
    [
        (["ab", "ac", "bc"], [], ("a", "c", None)),
        (["ca", "cb", "ba"], [], ("c", "a", None)),
        (["ba", "bc"], [], ("b", "c", None)),  # a and c tie: the one drawn last is worse
        ([], [], ("a", "c", "tied")),
        (["ab", "bc", "ca"], [], ("a", "c", "tied")),  # a circle
        (["ac", "cb", "ba"], [], ("a", "c", "tied")),  # the same the other way round
        (["ab", "bc"], [], ("a", "c", "tied")),  # the best has not won against the worst itself
        (["ab", "bc"], ["ca"], ("a", "c", "unreadable")),
        (["ab"], ["bc"], ("a", "b", None)),  # nobody has beaten c
        ([], ["ac", "ca", "ab"], ("a", "c", "unreadable")),
    ],
)
def test_best_and_worst_are_a_pair_where_the_one_beat_the_other(wins, unreadable, ruled):
    assert ruling(asked_of("abc", wins, unreadable)) == ruled


def test_a_preference_for_a_place_is_no_win():
    assert ruling([a_comparison("a", "b"), a_comparison("b", "a")]).reason == "tied"


@given(st.permutations("abcd"))
def test_a_clear_order_is_found_whoever_was_drawn_first(order):
    wins = [x + y for x, y in permutations("abcd", 2) if x < y]
    assert ruling(asked_of(order, wins)) == ("a", "d", None)


def annotate(comparisons: list[Comparison]) -> Annotation:
    written = table_from(Solution, [SOLUTION])
    labels = PREFERENCES.annotate(written, table_from(Comparison, comparisons))
    (annotation,) = records_from(Annotation, annotation_table("preferred", written, labels))
    return annotation


def test_no_step_is_labelled_and_the_reason_says_why():
    annotation = annotate(asked_of("abc", ["ab", "ac"], solution_id=SOLUTION.id))
    assert set(annotation.verdicts) == {"unlabelled"}
    assert {label.value for label in annotation.labels} == {None}
    assert {label.reason for label in annotation.labels} == {annotation.reason} == {"only_compared"}
    assert annotation.first_error is None


def test_what_comparing_cost_is_counted():
    annotation = annotate(asked_of("abc", solution_id=SOLUTION.id))
    assert (annotation.rollouts, annotation.requests) == (6, 6)
    assert (annotation.prompt_tokens, annotation.completion_tokens) == (42, 12)


def test_comparisons_of_another_build_are_refused():
    with pytest.raises(StorageError, match="2 comparisons are of no solution"):
        annotate(asked_of("ab", solution_id="so_0"))
