"""Whole solutions: outcomes as labels, and in pairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.export.responses import response_pairs, responses
from tests.fakes.labelled import a_row, rows


def test_a_response_is_the_text_byte_for_byte_and_its_label_the_outcome():
    (row,) = responses(a_row("CI")).rows
    assert row.prompt + row.completion == "What is 1 + 1?\nStep 1: so.\n\nStep 2: so.\n\n"
    assert row.label is False
    assert responses(a_row("CC")).rows[0].label is True


def test_an_unknown_outcome_is_not_a_wrong_one():
    said = responses(a_row("CC", outcome="unknown"))
    assert said.rows == ()
    assert said.unsaid == {"solutions with an unknown outcome": 1}


def test_right_and_wrong_solutions_of_a_problem_are_paired_once_each():
    solutions = [
        a_row("C", ("right 1",), id="so_1"),
        a_row("C", ("right 2",), id="so_2"),
        a_row("I", ("wrong",), id="so_3"),
        a_row("I", ("of another problem",), id="so_4", problem_id="pb_2"),
        a_row("C", ("unknown",), id="so_5", outcome="unknown"),
    ]
    said = response_pairs(solutions)
    assert [(pair.chosen, pair.rejected) for pair in said.rows] == [("right 1", "wrong")]
    assert said.unsaid == {
        "solutions without a partner": 2,
        "solutions with an unknown outcome": 1,
        "step labels": 2,
    }


def test_step_labels_are_counted_of_what_is_written_whole_or_in_pairs():
    right, wrong = a_row("C?", id="so_1"), a_row("CIN", id="so_2")
    assert responses(wrong).unsaid == {"step labels": 3}
    assert response_pairs([right, wrong]).unsaid == {"step labels": 4}


@given(st.lists(rows(), max_size=6))
def test_every_solution_is_in_a_pair_or_counted(solutions):
    said = response_pairs(solutions)
    left = sum(count for what, count in said.unsaid.items() if what.startswith("solutions"))
    assert 2 * len(said.rows) + left == len(solutions)
    assert response_pairs(solutions[::-1]).unsaid == said.unsaid
