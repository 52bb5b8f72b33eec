"""PRMBench's construction: eight flaws, and a ninth kind that is none."""

from __future__ import annotations

import pytest

from annotators.injections import Another, PrmBench, Spoiled
from annotators.injections.prmbench import FLAWS, SEVERAL
from tests.annotators.injections.written import SOLUTION, flawed, tagged

INJECTION = PrmBench(method="prmbench", policy="writer")


def test_there_are_nine_kinds_and_one_is_no_flaw():
    assert len(INJECTION.kinds) == 9
    assert set(INJECTION.kinds) - set(FLAWS) == {SEVERAL}


@pytest.mark.parametrize("kind", FLAWS)
def test_every_flaw_is_read_as_one(kind: str):
    read = INJECTION.parse(kind, flawed("1 + 1 = 3.", "So 3."), SOLUTION)
    assert isinstance(read, Spoiled)
    assert read.errors == (1,)


def test_several_solutions_are_right_ones_without_an_error():
    read = INJECTION.parse(SEVERAL, tagged("Double one.", "So 2."), SOLUTION)
    assert read == Another(steps=("Double one.\n", "So 2.\n"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("No.", "missing_field"),
        (tagged("Double one.", ""), "missing_field"),
        (flawed("1 + 1 = 3.", "So 3."), "missing_field"),
        (tagged("Count.", "1 + 1 = 2.", "So 2."), "nothing_changed"),
        (tagged("Count. 1 + 1 = 2.", "So  2."), "nothing_changed"),
        (tagged("<step_0>Count.</step_0>", "<step_1>So 2.</step_1>"), "tags_inside"),
    ],
)
def test_what_is_no_other_solution_is_no_use(text: str, reason: str):
    assert INJECTION.parse(SEVERAL, text, SOLUTION) == reason
