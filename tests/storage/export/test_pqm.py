from __future__ import annotations

import re

import pytest

from storage.export.pqm import PqmRow, pqm_rows
from storage.rows import LabelledSolution
from tests.fakes.columns import records_from, table_from
from tests.fakes.labelled import a_row


def exported(*rows: LabelledSolution) -> tuple[PqmRow, ...]:
    return records_from(PqmRow, pqm_rows(table_from(LabelledSolution, rows)))


@pytest.mark.parametrize(
    ("verdicts", "labels"),
    [
        ("CCC", (1, 1, 1)),
        ("CCI", (1, 1, 0)),
        ("CI??", (1, 0, 0, 0)),
        ("CICC", (1, 0, 0, 0)),
        ("IC", (0, 0)),
    ],
)
def test_labels_are_ones_up_to_the_first_error_and_zeros_from_it_on(verdicts, labels):
    (row,) = exported(a_row(verdicts))
    assert row.labels == labels


@pytest.mark.parametrize("verdicts", ["C?C", "?CI", "CNC", "NI", "??"])
def test_a_solution_that_is_not_labelled_before_its_error_is_left_out(verdicts):
    assert [row.labels for row in exported(a_row("CC"), a_row(verdicts), a_row("CI"))] == [
        (1, 1),
        (1, 0),
    ]


def test_text_is_what_the_trainer_tokenises():
    (row,) = exported(a_row("CI", ("Step 1: x.\n\n", " Step 2: y.")))
    assert row.answer == "Step 1: x. [PRM]\nStep 2: y. [PRM]"
    assert row.query == (
        "Below is an instruction that describes a task.\nWrite a response that appropriately "
        "completes the request.\n\n### Instruction:\nWhat is 1 + 1?\n\n### Response: Let's think "
        "step by step"
    )


def test_every_label_has_one_token():
    """The trainer's collator asserts it."""
    spoilt = a_row("CC", ("uses [PRM]", "b")), a_row("CC", problem="What is [PRM]?")
    for row in exported(a_row("CCI?"), *spoilt):
        assert len(re.findall(r"\[PRM\]", row.query + row.answer)) == len(row.labels)


def test_no_row_gives_no_row():
    assert exported(a_row("?")) == ()
