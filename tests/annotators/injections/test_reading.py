"""Strict reading: the original up to the first wrong step, and from there what the reply says."""

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
def test_steps_before_the_error_are_the_originals_and_then_the_replys(writer: Writing):
    assert parse(writer, flawed("1 + 1 = 3.", "So 3.")) == Spoiled(
        steps=("Count.\n", "1 + 1 = 3.\n", "So 3."), errors=(1,), why="A slip."
    )


@each_writer
def test_a_later_step_may_be_wrong_too(writer: Writing):
    text = flawed("1 + 1 = 3.", "That is odd.") + "<wrong_step>So 4.</wrong_step>"
    spoiled = parse(writer, text)
    assert isinstance(spoiled, Spoiled)
    assert spoiled.steps == ("Count.\n", "1 + 1 = 3.\n", "That is odd.\n", "So 4.")
    assert spoiled.errors == (1, 3)


@each_writer
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("No.", "missing_field"),
        (flawed(" ", "So 3."), "missing_field"),
        (flawed("1 + 1 = 3.", ""), "missing_field"),
        (flawed("1 + 1 = 3.") + "<next_step>So 3.", "missing_field"),
        (flawed("1 + 1 = 3.", step="none"), "missing_field"),
        (flawed("1 + 1 = 3.", why=""), "missing_field"),
        (flawed("1 + 1 = 3.").replace("wrong_", "next_"), "missing_field"),
        (flawed("1 + 1 = 3.", step="1 and 2"), "repeated_field"),
        (flawed("1 + 1 = 3.") + "<error_step>1</error_step>", "repeated_field"),
        (flawed("1 + 1 = 3.", step="3"), "out_of_range"),
        (flawed("1 + 1 = 2.", "So 3."), "nothing_changed"),
        (flawed("1  + 1\n= 2.", "So 3."), "nothing_changed"),
        (flawed("<step_1>\n1 + 1 = 2.\n</step_1>", "So 3."), "tags_inside"),
        (flawed("1 + 1 = 3.", "So 3.", step="-1"), "out_of_range"),
    ],
)
def test_a_reply_that_is_no_use_says_why(writer: Writing, text: str, reason: str):
    assert parse(writer, text) == reason


@each_writer
@given(text=st.text())
def test_no_text_makes_it_raise(writer: Writing, text: str):
    for kind in writer.kinds:
        writer.parse(kind, text, SOLUTION)
        writer.parse(kind, flawed(text, text, step=text), SOLUTION)
