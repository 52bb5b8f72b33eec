"""Strict reading: a whole solution is the original up to its first wrong step, or of no use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.injections import PrmBench, Socratic, Spoiled
from annotators.injections.writing import Writing
from tests.annotators.injections.written import SOLUTION, flawed

WRITERS = [PrmBench(method="prmbench", policy="w"), Socratic(method="socratic", policy="w")]
each_writer = pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.method)


def parse(writer: Writing, text: str) -> object:
    return writer.parse(next(iter(writer.kinds)), text, SOLUTION)


@each_writer
def test_steps_and_errors_are_as_written(writer: Writing):
    assert parse(writer, flawed("Count.", "1 + 1 = 3.", "So 3.", errors="1, 2")) == Spoiled(
        steps=("Count.\n", "1 + 1 = 3.\n", "So 3."), errors=(1, 2), why="A slip."
    )


@each_writer
def test_a_step_may_be_added(writer: Writing):
    spoiled = parse(writer, flawed("Count.", "Count again.", "1 + 1 = 2.", "So 2."))
    assert isinstance(spoiled, Spoiled)
    assert len(spoiled.steps) == 4


@each_writer
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("No.", "missing_field"),
        (flawed("Count.", "", "So 3."), "missing_field"),
        (flawed("Count.", "1 + 1 = 3.", errors="none"), "missing_field"),
        (flawed("Count.", "1 + 1 = 3.", errors="2"), "out_of_range"),
        (flawed("Count.", "1 + 1 = 2.", "So 3."), "nothing_changed"),
        (flawed("Count them.", "1 + 1 = 3."), "rewritten"),
        (flawed("Count.", "1 + 1 = 3.") + "<error_steps>1</error_steps>", "repeated_field"),
        (flawed("Count.", "1 + 1 = 3.").replace("step_0", "step_7"), "missing_field"),
        ("<error_steps>0</error_steps><explanation>No steps.</explanation>", "missing_field"),
    ],
)
def test_a_reply_that_is_no_use_says_why(writer: Writing, text: str, reason: str):
    assert parse(writer, text) == reason


@each_writer
@given(text=st.text())
def test_no_text_makes_it_raise(writer: Writing, text: str):
    for kind in writer.kinds:
        writer.parse(kind, text, SOLUTION)
        writer.parse(kind, flawed(text, text, errors=text), SOLUTION)
