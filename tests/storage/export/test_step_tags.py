"""Step tags, read back as their consumers do: one tag, one label, at its place."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given

from storage.export.step_tags import TAG, math_shepherd, openrlhf, openrlhf_soft
from storage.rows import LabelledSolution
from tests.fakes.expressible import by_value, by_verdict
from tests.fakes.labelled import a_row, rows


def labels_at_tags(text: str, signs: str) -> list[bool]:
    """TRL's reader of Math-Shepherd: a tag made one character stands where the sign is."""
    shrunk = text.replace(TAG, "\x00")
    return [{"+": True, "-": False}[signs[m.start()]] for m in re.finditer("\x00", shrunk)]


def stretches(problem: str, separator: str, text: str) -> list[str]:
    """What stands before each tag, the problem taken off: one step, or several."""
    assert text.startswith(problem + separator)
    return [part.strip() for part in text[len(problem + separator) :].split(TAG)[:-1]]


def joined(pairs: list[tuple[str, bool | None]] | list[tuple[str, float | None]]) -> list[str]:
    """The same from steps: those without a label belong to the next that has one."""
    parts, before = [], ""
    for step, mark in pairs:
        before = f"{before}{step}\n"
        if mark is not None:
            parts.append(before.strip())
            before = ""
    return parts


def has_tag(row: LabelledSolution) -> bool:
    return any(TAG in text for text in (row.problem, *row.steps))


def test_the_rows_are_those_that_math_shepherd_published():
    solution = a_row("CI", ("Step 1: 1 + 1 = 2.\n", "Step 2: The answer is: 3"), problem="1 + 1?")
    (row,) = math_shepherd(solution).rows
    assert row.input == "1 + 1? Step 1: 1 + 1 = 2. ки\nStep 2: The answer is: 3 ки"
    assert row.label == "1 + 1? Step 1: 1 + 1 = 2. +\nStep 2: The answer is: 3 -"
    assert row.task == "p.jsonl"


def test_steps_are_named_once():
    (row,) = math_shepherd(a_row("CC", ("first", "Step 2: second"))).rows
    assert row.input == "What is 1 + 1? Step 1: first ки\nStep 2: second ки"


def test_the_last_character_of_a_step_stays():
    """distilabel's FormatPRM cut it."""
    (row,) = math_shepherd(a_row("C", ("Step 1: a",))).rows
    assert "Step 1: a ки" in row.input


def test_an_unlabelled_step_has_no_tag_and_is_not_wrong():
    (row,) = openrlhf(a_row("C?I")).rows
    assert row.input == "What is 1 + 1?\nStep 1: so. ки\nStep 2: so.\nStep 3: so. ки"
    assert row.value == ("+", "-")


@pytest.mark.parametrize("say", [math_shepherd, openrlhf, openrlhf_soft])
@pytest.mark.parametrize("where", ["problem", "step"])
def test_a_tag_in_the_text_would_shift_labels_so_the_solution_is_left_out(say, where):
    spoilt = {"problem": "Сколько яблок на руки?"} if where == "problem" else {}
    steps = ("Step 1: руки.", "Step 2: b") if where == "step" else None
    said = say(a_row("CC", steps, values=(1.0, 1.0), **spoilt))
    assert said.rows == ()
    assert said.unsaid == {"solutions with 'ки' inside": 1}


def test_values_are_numbers_and_missing_ones_have_no_tag():
    said = openrlhf_soft(a_row("CCI", values=(0.99, None, 0.0)))
    (row,) = said.rows
    assert row.value == (0.99, 0.0)
    assert row.input.count(TAG) == 2
    assert said.unsaid == {"steps without a value": 1}


@given(rows())
def test_signs_stand_where_the_tags_are(row):
    expected = [mark for _, mark in by_verdict(row) if mark is not None]
    said = math_shepherd(row).rows
    assume(not has_tag(row))
    read = [sign for r in said for sign in labels_at_tags(r.input, r.label)]
    assert read == expected


@given(rows())
def test_hard_labels_are_read_back_with_their_steps(row):
    assume(not has_tag(row))
    for r in openrlhf(row).rows:
        assert stretches(row.problem, "\n", r.input) == joined(by_verdict(row))
        assert [sign == "+" for sign in r.value] == [m for _, m in by_verdict(row) if m is not None]


@given(rows())
def test_values_are_read_back_with_their_steps(row):
    assume(not has_tag(row))
    for r in openrlhf_soft(row).rows:
        assert stretches(row.problem, "\n", r.input) == joined(by_value(row))
        assert list(r.value) == [mark for _, mark in by_value(row) if mark is not None]


@given(rows())
def test_a_list_of_labels_has_one_entry_a_tag(row):
    """OpenRLHF assigns one list to all tags at once."""
    for say in (openrlhf, openrlhf_soft):
        assert all(r.input.count(TAG) == len(r.value) > 0 for r in say(row).rows)
