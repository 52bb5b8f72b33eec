"""Records: frozen values, and the text that steps add up to."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark import records
from stepmark.counts import Tally
from stepmark.records import first_error
from storage.schema import field_docs
from tests.fakes.factories import a_label, a_problem, a_solution, an_annotation

RECORDS = [
    records.Problem,
    records.Reject,
    records.Solution,
    records.Rollout,
    records.StepLabel,
    records.Annotation,
]


@pytest.mark.parametrize("record", RECORDS)
def test_every_field_of_a_record_says_what_it_is(record):
    assert set(field_docs(record)) == {field.name for field in dataclasses.fields(record)}


def test_records_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        a_problem().statement = "another"  # type: ignore[misc]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=6))
def test_the_steps_joined_are_the_longest_prefix(steps):
    solution = a_solution(steps)
    assert solution.prefix(len(steps)) == "".join(steps)


@given(st.text(min_size=1), st.lists(st.text(min_size=1), min_size=1, max_size=6), st.data())
def test_each_prefix_is_the_one_before_and_one_step(lead, steps, data):
    solution = a_solution(steps, lead=lead)
    position = data.draw(st.integers(1, len(steps)))
    before = solution.prefix(position - 1) or lead
    assert solution.prefix(position) == before + steps[position - 1]


def test_prefix_0_is_the_bare_problem_even_with_a_lead():
    solution = a_solution(2, lead="<think>hm</think>")
    assert solution.prefix(0) == ""
    assert solution.prefix(1) == "<think>hm</think>Step 1.\n"


def test_a_text_reaches_as_far_as_it_repeats_the_steps_byte_for_byte():
    solution = a_solution(steps=("One. ", "Two. ", "Three."))
    assert solution.reach("One. Two. Four.", 0) == 2
    assert solution.reach("One. Two.", 1) == 1  # the space that ends the step is missing
    assert solution.reach("One. Two. Three. And more.", 1) == 3
    assert solution.reach("Zero.", 0) == 0


def test_the_last_step_is_not_written_again_where_its_number_goes_on():
    solution = a_solution(steps=("2 + 2 is what?\n", "#### 4"))
    assert solution.reach("2 + 2 is what?\n#### 42", 0) == 1
    assert solution.reach("2 + 2 is what?\n#### 4.5", 1) == 1
    assert solution.reach("2 + 2 is what?\n#### 4", 0) == 2
    assert solution.reach("2 + 2 is what?\n#### 4\n", 0) == 2
    assert a_solution(steps=("a\n", "4\n")).reach("a\n4\n2", 0) == 2


def test_the_last_step_is_written_again_where_the_tail_follows_it():
    solution = a_solution(steps=("a\n", "b"), tail="</think>4")
    assert solution.reach("a\nb</think>4", 0) == 2
    assert solution.reach("a\nb and c</think>4", 0) == 2
    assert solution.reach("a\nbc</think>4", 0) == 1


def test_a_text_with_another_lead_reaches_no_step():
    solution = a_solution(lead="Hm. ", steps=("One. ", "Two."))
    assert solution.reach("One. Two.", 0) == 0
    assert solution.reach("Hm. One. Three.", 0) == 1


def test_the_first_error_is_the_earliest_incorrect_verdict():
    assert first_error(("correct", "unlabelled", "incorrect", "correct", "incorrect")) == 2


def test_neutral_and_unlabelled_steps_are_no_errors():
    assert first_error(("correct", "neutral", "unlabelled")) is None
    assert first_error(()) is None


def test_an_annotation_lists_its_verdicts_in_step_order():
    labels = [a_label(), a_label(verdict="incorrect"), a_label(verdict="unlabelled")]
    assert an_annotation(labels).verdicts == ("correct", "incorrect", "unlabelled")


def test_a_tally_counts_unknown_draws_too():
    assert Tally(correct=3, incorrect=4, unknown=1).total == 8
