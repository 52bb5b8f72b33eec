"""Annotation by people: several become one label by agreement, and silence says why."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.reviewed import Reviewed
from stepmark.errors import StorageError
from stepmark.records import Annotation, Review, Solution
from storage.labels import annotation_table
from tests.fakes.columns import records_from, table_from
from tests.fakes.factories import a_review, a_solution

PEOPLE = Reviewed(method="people")
SOLUTION = a_solution(4)
OTHER = a_solution(2)


def annotate(
    reviews: Sequence[Review], solutions: Sequence[Solution] = (SOLUTION,)
) -> tuple[Annotation, ...]:
    """Label as a build does, through columns and back."""
    written = table_from(Solution, solutions)
    labels = PEOPLE.annotate(written, table_from(Review, reviews))
    return records_from(Annotation, annotation_table("people", written, labels))


def said(*errors: int | str | None) -> Annotation:
    """What people say together who name these first errors, none, or a reason."""
    reviews = [
        a_review(SOLUTION, reason=error, reviewer=f"p{who}")
        if isinstance(error, str)
        else a_review(SOLUTION, error, reviewer=f"p{who}")
        for who, error in enumerate(errors)
    ]
    (annotation,) = annotate(reviews)
    return annotation


def test_steps_before_the_first_error_are_correct_and_later_ones_unlabelled():
    annotation = said(1)
    assert annotation.verdicts == ("correct", "incorrect", "unlabelled", "unlabelled")
    assert [label.value for label in annotation.labels] == [1, 0, None, None]
    assert annotation.labels[2].reason == "after_first_error"
    assert (annotation.first_error, annotation.reason) == (1, None)


def test_none_wrong_makes_every_step_correct():
    annotation = said(None)
    assert set(annotation.verdicts) == {"correct"}
    assert (annotation.first_error, annotation.semantics) == (None, "correctness")


@pytest.mark.parametrize("errors", [(1, 2), (None, 3), (0, 1, 2), (1, 1, 2, 2), (1, 2, "hm")])
def test_people_who_differ_leave_a_solution_unlabelled(errors):
    annotation = said(*errors)
    assert set(annotation.verdicts) == {"unlabelled"}
    assert {label.reason for label in annotation.labels} == {annotation.reason} == {"tied"}


@pytest.mark.parametrize(
    ("errors", "first"), [((2, 2), 2), ((1, 2, 2), 2), ((None, None, 1), None), ((3, "hm"), 3)]
)
def test_more_than_half_of_those_who_can_tell_decide(errors, first):
    annotation = said(*errors)
    assert annotation.first_error == first
    assert annotation.reason is None
    assert annotation.verdicts[0] == "correct"


def test_who_cannot_tell_and_who_did_not_look_are_told_apart():
    unsure = said("too hard")
    (unseen,) = annotate([])
    assert unsure.reason == unsure.labels[0].reason == "cannot_tell"
    assert unseen.reason == unseen.labels[0].reason == "not_reviewed"


def test_solutions_are_kept_apart():
    first, second = annotate([a_review(OTHER), a_review(SOLUTION, 0)], [SOLUTION, OTHER])
    assert (first.first_error, second.first_error) == (0, None)
    assert second.verdicts == ("correct", "correct")


def test_a_solution_without_steps_has_no_label():
    nothing = a_solution(0)
    assert [a.reason for a in annotate([], [nothing])] == ["no_steps"]


@given(st.lists(st.sampled_from([None, 0, 1, 3, "hm"]), max_size=6), st.randoms())
def test_the_order_of_people_says_nothing(errors, random):
    shuffled = list(errors)
    random.shuffle(shuffled)
    assert said(*errors) == said(*shuffled)


def test_nobody_is_paid():
    annotation = said(1, 1)
    assert (annotation.rollouts, annotation.requests, annotation.completion_tokens) == (0, 0, 0)


def test_only_reviews_of_the_steps_that_were_seen_are_gathered():
    fit = a_review(SOLUTION, 1, reviewer="bob")
    others = [a_review(SOLUTION, 0, steps="st_0"), a_review(SOLUTION, 9, steps=None)]
    first = a_review(SOLUTION, 1, reviewer="ann")
    assert PEOPLE.gather(SOLUTION, [*others, fit, first]) == (first, fit)


def test_a_person_has_one_vote_the_last():
    byhand = a_review(SOLUTION, 2, steps=None)
    assert PEOPLE.gather(SOLUTION, [a_review(SOLUTION, 1), byhand]) == (byhand,)


def test_reviews_of_another_build_are_refused():
    with pytest.raises(StorageError, match="1 reviews are of no solution"):
        annotate([a_review(OTHER)])
