"""VersaPRM's augmentation: a prefix and one wrong step, or the reason why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.injections import Spoiled, VersaPrmErrors
from tests.annotators.injections.written import SOLUTION, flawed

INJECTION = VersaPrmErrors(method="versaprm_errors", policy="writer")


def test_the_solution_ends_with_its_wrong_step():
    spoiled = INJECTION.parse("factual", flawed("1 + 1 = 3."), SOLUTION)
    assert spoiled == Spoiled(steps=("Count.\n", "1 + 1 = 3.\n"), errors=(1,), why="A slip.")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I would rather not.", "missing_field"),
        (flawed(" "), "missing_field"),
        (flawed("1 + 1 = 3.", step="none"), "missing_field"),
        (flawed("1 + 1 = 3.") * 2, "repeated_field"),
        (flawed("1 + 1 = 3.", "So 3."), "repeated_field"),
        (flawed("1 + 1 = 3.") + "<wrong_step>So 3.</wrong_step>", "repeated_field"),
        (flawed("1 + 1 = 3.", step="1 and 2"), "repeated_field"),
        (flawed("1 + 1 = 3.", step="3"), "out_of_range"),
        (flawed("1 + 1 = 2."), "nothing_changed"),
        (flawed("1  + 1\n= 2."), "nothing_changed"),
        (flawed("<step_1>\n1 + 1 = 2.\n</step_1>"), "tags_inside"),
        (flawed("1 + 1 = 3.", step="-1"), "out_of_range"),
    ],
)
def test_a_reply_that_is_no_use_says_why(text, reason):
    assert INJECTION.parse("factual", text, SOLUTION) == reason


@given(st.text())
def test_no_text_makes_it_raise(text):
    INJECTION.parse("factual", text, SOLUTION)
    INJECTION.parse("factual", flawed(text, step=text), SOLUTION)
