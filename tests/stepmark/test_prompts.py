"""Prompts: filled once, and only where a field was declared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.engines.protocol import Message
from stepmark.errors import RecipeError
from stepmark.prompts import SolvePrompt, available, load, render


@given(st.text(), st.text())
def test_what_is_filled_in_is_never_scanned_again(problem, prefix):
    filled = render("A {problem} B {prefix} C", problem=problem, prefix=prefix)
    assert filled == f"A {problem} B {prefix} C"


def test_a_problem_that_names_a_field_steers_nothing():
    assert render("{problem}|{prefix}", problem="{prefix}", prefix="x") == "{prefix}|x"


def test_braces_of_latex_and_json_stay_as_they_are():
    template = r'\boxed{42} {"label": 1} {} {solution} {problem}'
    assert render(template, problem="P") == r'\boxed{42} {"label": 1} {} {solution} P'


def test_backslashes_and_group_references_are_plain_text():
    assert render("{problem}", problem=r"\1 \g<0> \n") == r"\1 \g<0> \n"


def test_a_field_may_stand_twice():
    assert render("{problem}{problem}", problem="x") == "xx"


@pytest.mark.parametrize(
    ("template", "fields"),
    [("no field", {"problem": "x"}), ("{problem} {prefix}", {"problem": "x"}), ("{problem}", {})],
)
def test_a_template_with_other_fields_than_given_is_refused(template, fields):
    with pytest.raises(RecipeError, match="A prompt must use exactly the fields"):
        render(template, **fields)


def test_an_unknown_template_is_answered_with_those_there_are():
    with pytest.raises(RecipeError, match=r"no prompt named 'solve-please'.*boxed"):
        load("solve-please")


def test_every_shipped_template_loads_without_a_newline_at_its_end():
    assert "continue" in available()
    assert not any(load(name).endswith("\n") for name in available())


def test_every_shipped_template_asks_for_a_problem():
    assert all("{problem}" in load(name) for name in available())


def test_without_a_system_text_there_is_one_turn():
    turns = SolvePrompt(system=None, user="Solve: {problem}").messages("1 + 1?")
    assert turns == (Message(role="user", content="Solve: 1 + 1?"),)


def test_the_system_text_comes_first_and_is_not_filled_in():
    turns = SolvePrompt(system="Mind {problem}.", user="{problem}").messages("1 + 1?")
    assert [turn.role for turn in turns] == ["system", "user"]
    assert turns[0].content == "Mind {problem}."
