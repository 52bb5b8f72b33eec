"""What a model is asked: prompts are filled in one pass, and each has an id."""

from __future__ import annotations

from importlib import resources

import pytest

from annotators.asking import ask, numbered, prompt_id, quoted


def test_tags_that_are_not_ours_stay():
    assert (
        quoted("if a < b and <b>bold</b>, then x<step") == "if a < b and <b>bold</b>, then x<step"
    )


def test_steps_are_numbered_from_the_number_asked_for():
    assert numbered(["a", "b"], 1) == "<step_1>\na\n</step_1>\n<step_2>\nb\n</step_2>"


def test_a_field_without_a_place_is_our_mistake():
    with pytest.raises(AssertionError, match="no place"):
        ask("capo", nonsense="x")


def test_every_prompt_has_an_id_of_its_own():
    folder = resources.files("annotators") / "prompts"
    names = [path.name.removesuffix(".txt") for path in folder.iterdir()]
    assert len({prompt_id(name) for name in names}) == len(names) > 0
