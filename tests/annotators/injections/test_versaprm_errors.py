"""VersaPRM's augmentation: a prefix and one wrong step, or the reason why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.injections import Spoiled, VersaPrmErrors
from tests.annotators.injections.written import SOLUTION

INJECTION = VersaPrmErrors(method="versaprm_errors", policy="writer")


def reply(step: str = "1", text: str = "1 + 1 = 3.", why: str = "A slip.") -> str:
    return (
        f"<explanation>{why}</explanation>\n<error_step>{step}</error_step>\n"
        f"<wrong_step>{text}</wrong_step>"
    )


def test_the_solution_ends_with_its_wrong_step():
    spoiled = INJECTION.parse("factual", reply(), SOLUTION)
    assert spoiled == Spoiled(steps=("Count.\n", "1 + 1 = 3.\n"), errors=(1,), why="A slip.")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I would rather not.", "missing_field"),
        (reply(text=" "), "missing_field"),
        (reply(step="none"), "missing_field"),
        (reply() + reply(), "repeated_field"),
        (reply(step="1 and 2"), "repeated_field"),
        (reply(step="3"), "out_of_range"),
        (reply(text="1 + 1 = 2."), "nothing_changed"),
    ],
)
def test_a_reply_that_is_no_use_says_why(text, reason):
    assert INJECTION.parse("factual", text, SOLUTION) == reason


@given(st.text())
def test_no_text_makes_it_raise(text):
    INJECTION.parse("factual", text, SOLUTION)
    INJECTION.parse("factual", reply(step=text, text=text), SOLUTION)
