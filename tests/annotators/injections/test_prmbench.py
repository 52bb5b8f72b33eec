"""PRMBench's construction: a whole flawed solution, the original before its flaw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.injections import PrmBench, Spoiled
from tests.fakes.factories import a_problem, a_solution

INJECTION = PrmBench(method="prmbench", policy="writer")
SOLUTION = a_solution(["Count.\n", "1 + 1 = 2.\n", "So 2."], outcome="correct")


def reply(*steps: str, errors: str = "1") -> str:
    tagged = "\n".join(f"<step_{i}>{step}</step_{i}>" for i, step in enumerate(steps))
    return f"{tagged}\n<error_steps>{errors}</error_steps>\n<explanation>A slip.</explanation>"


def test_steps_and_errors_are_as_written():
    spoiled = INJECTION.parse(reply("Count.", "1 + 1 = 3.", "So 3.", errors="1, 2"), SOLUTION)
    assert spoiled == Spoiled(
        steps=("Count.\n", "1 + 1 = 3.\n", "So 3."), errors=(1, 2), why="A slip."
    )


def test_a_step_may_be_added():
    spoiled = INJECTION.parse(reply("Count.", "Count again.", "1 + 1 = 2.", "So 2."), SOLUTION)
    assert isinstance(spoiled, Spoiled)
    assert len(spoiled.steps) == 4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("No.", "missing_field"),
        (reply("Count.", "", "So 3."), "missing_field"),
        (reply("Count.", "1 + 1 = 3.", errors="none"), "missing_field"),
        (reply("Count.", "1 + 1 = 3.", errors="2"), "out_of_range"),
        (reply("Count.", "1 + 1 = 2.", "So 3."), "nothing_changed"),
        (reply("Count them.", "1 + 1 = 3."), "rewritten"),
        (reply("Count.", "1 + 1 = 3.") + "<error_steps>1</error_steps>", "repeated_field"),
    ],
)
def test_a_reply_that_is_no_use_says_why(text, reason):
    assert INJECTION.parse(text, SOLUTION) == reason


@given(st.text())
def test_no_text_makes_it_raise(text):
    INJECTION.parse(text, SOLUTION)
    INJECTION.parse(reply(text, text, errors=text), SOLUTION)


def test_each_flaw_is_asked_once():
    asked = [asked.kind for asked in INJECTION.questions(a_problem(), SOLUTION)]
    assert len(asked) == len(set(asked)) == 2
