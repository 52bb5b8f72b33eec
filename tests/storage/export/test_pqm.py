from __future__ import annotations

import re

import pytest

from stepmark.records import Verdict
from storage.export.pqm import PqmRow, pqm_rows
from storage.rows import LabelledSolution
from tests.fakes.columns import records_from, table_from

VERDICTS: dict[str, Verdict] = {"C": "correct", "I": "incorrect", "?": "unlabelled", "N": "neutral"}


def a_row(verdicts: str, steps: tuple[str, ...] | None = None) -> LabelledSolution:
    error = verdicts.find("I")
    return LabelledSolution(
        id="so_1",
        problem_id="pb_1",
        problem="What is 1 + 1?",
        reference="2",
        steps=steps or tuple(f"Step {i}: so.\n\n" for i in range(len(verdicts))),
        verdicts=tuple(VERDICTS[letter] for letter in verdicts),
        values=(None,) * len(verdicts),
        interpolated=(False,) * len(verdicts),
        first_error=None if error < 0 else error,
        bracketed=None if error < 0 else True,
        semantics="potential",
        annotator="mc",
        answer="2",
        outcome="correct" if error < 0 else "incorrect",
        policy="po_1",
        step_policies=("po_1",) * len(verdicts),
        solve_rate=None,
        difficulty=None,
        source="p.jsonl",
        source_id=None,
        rollouts=8,
        completion_tokens=40,
    )


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
    spoilt = a_row("CC", ("uses [PRM]", "b"))
    for row in exported(a_row("CCI?"), spoilt):
        assert len(re.findall(r"\[PRM\]", row.query + row.answer)) == len(row.labels)


def test_no_row_gives_no_row():
    assert exported(a_row("?")) == ()
