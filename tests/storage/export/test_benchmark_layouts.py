"""Layouts of benchmarks: where they count from, and what they have no word for."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given

from stepmark.gold.prm800k import gold_of as prm800k_gold
from storage.export.benchmark_layouts import prm800k, prmbench, processbench
from tests.fakes.labelled import VERDICTS, a_row, rows


@pytest.mark.parametrize(
    ("verdicts", "label"),
    [("CCC", -1), ("ICC", 0), ("CIC", 1), ("CI??", 1), ("NI", 1), ("NC", -1)],
)
def test_processbench_counts_the_first_error_from_0_and_none_is_minus_1(verdicts, label):
    (row,) = processbench(a_row(verdicts)).rows
    assert row.label == label
    assert len(row.steps) == len(verdicts)


@pytest.mark.parametrize("verdicts", ["C?I", "C?", "?I", "??"])
def test_processbench_has_no_word_for_a_first_error_that_is_not_known(verdicts):
    said = processbench(a_row(verdicts))
    assert said.rows == ()
    assert said.unsaid == {"solutions whose first error is not known": 1}


def test_processbench_has_no_word_for_an_unknown_outcome():
    said = processbench(a_row("CC", outcome="unknown"))
    assert said.rows == ()
    assert said.unsaid == {"solutions with an unknown outcome": 1}


def test_processbench_rows_have_its_fields():
    (row,) = processbench(a_row("CI")).rows
    assert asdict(row) == {
        "id": "so_1",
        "generator": "po_1",
        "problem": "What is 1 + 1?",
        "steps": ("Step 1: so.", "Step 2: so."),
        "final_answer_correct": False,
        "label": 1,
    }


def test_what_processbench_leaves_out_is_counted():
    assert processbench(a_row("NICI")).unsaid == {
        "neutral steps": 1,
        "steps after the first error": 2,
    }


@given(rows())
def test_a_first_error_is_read_back(row):
    for written in processbench(row).rows:
        assert (None if written.label == -1 else written.label) == row.first_error
        assert written.final_answer_correct == (row.outcome == "correct")
        assert list(written.steps) == [step.strip() for step in row.steps]


def test_prmbench_counts_error_steps_from_1_beside_a_sound_solution():
    sound = a_row("CC", ("good 1", "good 2"), id="so_2")
    said = prmbench([sound, a_row("CIC")])
    row = next(r for r in said.rows if r.idx == "so_1")
    assert (row.error_steps, row.modified_steps) == ((2,), (2,))
    assert row.original_process == ("good 1", "good 2")
    assert row.modified_process == ("Step 1: so.", "Step 2: so.", "Step 3: so.")
    assert row.original_question == row.modified_question == row.question == "What is 1 + 1?"


def test_prmbench_takes_no_other_problems_solution_for_the_original():
    said = prmbench([a_row("CC", problem_id="pb_2"), a_row("CI")])
    assert [row.original_process for row in said.rows if row.error_steps] == [()]


def test_prmbench_takes_another_solution_for_the_original_and_never_the_same():
    one, other = a_row("CC", ("a", "b"), id="so_1"), a_row("CC", ("c", "d"), id="so_2")
    joined = a_row("C", ("ab",), id="so_3")
    assert [row.original_process for row in prmbench([one]).rows] == [()]
    assert [row.original_process for row in prmbench([one, joined]).rows] == [(), ()]
    assert [row.original_process for row in prmbench([one, other]).rows] == [
        ("c", "d"),
        ("a", "b"),
    ]


@pytest.mark.parametrize("outcome", ["incorrect", "unknown"])
def test_prmbench_takes_no_solution_for_sound_whose_answer_is_not_known_to_be_right(outcome):
    said = prmbench([a_row("CC", id="so_2", outcome=outcome), a_row("CI")])
    assert [row.original_process for row in said.rows] == [(), ()]


@pytest.mark.parametrize("verdicts", ["C?", "NI", "CI?"])
def test_prmbench_has_no_word_for_a_step_that_is_neither(verdicts):
    said = prmbench([a_row(verdicts)])
    assert said.rows == ()
    assert said.unsaid == {"solutions with a step that is neither right nor wrong": 1}


@given(rows())
def test_error_steps_are_read_back(row):
    for written in prmbench([row]).rows:
        read = tuple(
            "incorrect" if number in written.error_steps else "correct"
            for number in range(1, len(written.modified_process) + 1)
        )
        assert read == row.verdicts


def test_prm800k_has_a_rating_for_every_verdict():
    (row,) = prm800k(a_row("CNI?")).rows
    plain = json.loads(json.dumps(asdict(row)))
    ratings = [step["completions"][0]["rating"] for step in plain["label"]["steps"]]
    assert ratings == [1, 0, -1, None]
    assert plain["label"]["finish_reason"] == "found_error"
    assert plain["question"]["ground_truth_answer"] == "2"


@pytest.mark.parametrize(
    ("verdicts", "reason"),
    [("CC", "solution"), ("CN", "solution"), ("CI", "found_error"), ("NI?", "found_error"),
     ("C?", "give_up"), ("??", "give_up"), ("?I", "give_up"), ("?C", "give_up")],
)  # fmt: skip
def test_prm800k_says_whether_a_solution_was_judged_to_its_end(verdicts, reason):
    (row,) = prm800k(a_row(verdicts)).rows
    assert row.label.finish_reason == reason


@pytest.mark.parametrize("verdicts", ["CC", "CN", "NI?", "C?", "??", "?I", "CII"])
def test_our_reader_of_prm800k_takes_what_we_write(verdicts):
    """As that of the published set, it skips a solution that was not judged to its end."""
    row = a_row(verdicts)
    (written,) = prm800k(row).rows
    gold = prm800k_gold(json.loads(json.dumps(asdict(written))), 1)
    if "unlabelled" in row.verdicts[: row.first_error]:
        assert gold is None
    else:
        assert gold is not None
        assert gold.first_error == row.first_error


@given(rows())
def test_every_verdict_is_read_back_from_ratings(row):
    verdict_of = {1: "correct", 0: "neutral", -1: "incorrect", None: "unlabelled"}
    (written,) = prm800k(row).rows
    steps = [step.completions[step.chosen_completion] for step in written.label.steps]
    assert tuple(verdict_of[step.rating] for step in steps) == row.verdicts
    assert [step.text for step in steps] == [step.strip() for step in row.steps]
    assert set(verdict_of.values()) == set(VERDICTS.values())
