"""Structure: each fault of form has its reason, and whatever has none stays."""

from __future__ import annotations

from typing import Any

import pytest

from filters.structure import Structure
from tests.fakes.filterable import table, why
from tests.fakes.labelled import a_row


def structure(**changes: Any) -> Structure:
    return Structure(method="structure", **changes)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        (("So.\n", "Then 2.\n"), None),
        (("2.\n",), "too_few_steps"),
        (tuple(f"{n}.\n" for n in range(41)), "too_many_steps"),
        (("a" * 16_000, "b"), "too_long"),
        (("So.\n", " \n"), "empty_step"),
        (("So.\n", "So. ", "Again.\n", "So.", "So.\n\n"), "repeated_step"),
        (("So.\n", "So. ", "Again.\n", "So."), None),
    ],
)
def test_the_form_of_a_solution_decides(steps, reason):
    assert why(structure(), table(a_row("C" * len(steps), steps))) == [reason]


def test_a_step_repeated_in_another_solution_is_no_repetition():
    rows = table(*(a_row("CC", ("So.", f"{n}")) for n in range(5)))
    assert why(structure(), rows) == [None] * 5


def test_an_answer_is_needed_unless_said_otherwise():
    rows = table(a_row("CC", answer=None))
    assert why(structure(), rows) == ["no_answer"]
    assert why(structure(needs_answer=False), rows) == [None]


def test_other_scripts_go_only_if_asked():
    rows = table(a_row("CC", ("So.\n", "所以 2.")), a_row("CC"))
    assert why(structure(), rows) == [None, None]
    assert why(structure(cjk=False), rows) == ["foreign_script", None]


@pytest.mark.parametrize(
    "changes", [{"min_steps": 41}, {"max_repeats": 0}, {"max_characters": 0}, {"max_dropped": 1.5}]
)
def test_limits_that_nothing_meets_are_refused(changes):
    with pytest.raises(ValueError, match=r"must"):
        structure(**changes)


def test_no_rows_give_no_reasons():
    assert why(structure(), table()) == []
