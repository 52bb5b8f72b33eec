"""Rows for TRL; what its own code makes of them is in tests/flows/test_real_trl.py."""

from __future__ import annotations

import pytest
from hypothesis import given

from storage.export.trl import TrlRow, trl
from tests.fakes.expressible import by_verdict
from tests.fakes.labelled import a_row, rows


def exported(verdicts: str) -> TrlRow:
    (row,) = trl(a_row(verdicts)).rows
    assert isinstance(row, TrlRow)
    return row


@pytest.mark.parametrize(
    ("verdicts", "labels"),
    [
        ("CCI", (1, 1, 0)),
        ("ICC", (0, 1, 1)),
        ("C?I", (1, -100, 0)),
        ("NC", (-100, 1)),
        ("CI??", (1, 0)),
        ("CIN", (1, 0)),
    ],
)
def test_a_label_is_its_own_steps_and_unknown_is_not_wrong(verdicts, labels):
    assert exported(verdicts).labels == labels


def test_completions_are_as_many_as_labels_and_the_prompt_ends_its_line():
    row = exported("C?I?")
    assert row.prompt == "What is 1 + 1?\n"
    assert row.completions == ("Step 1: so.", "Step 2: so.", "Step 3: so.")


def test_a_solution_without_a_verdict_is_left_out_and_counted():
    said = trl(a_row("?N?"))
    assert said.rows == ()
    assert said.unsaid == {
        "unlabelled steps": 2,
        "neutral steps": 1,
        "solutions without a label to say": 1,
    }


def test_a_value_is_not_made_a_label():
    """TRL calls int(): 0.99 would be 0."""
    said = trl(a_row("CI", values=(0.99, 0.0)))
    assert said.rows[0].labels == (1, 0)
    assert said.unsaid == {"soft values": 1}


@given(rows())
def test_what_can_be_said_is_read_back(row):
    meaning = {1: True, 0: False, -100: None}
    said = trl(row).rows
    read = [
        (step, meaning[label])
        for written in said
        for step, label in zip(written.completions, written.labels, strict=True)
    ]
    assert read == by_verdict(row)
    assert all(written.prompt.removesuffix("\n") == row.problem for written in said)
