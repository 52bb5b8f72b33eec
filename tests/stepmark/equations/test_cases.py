"""Every kind of equation that is found, and every kind that must be left alone."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from stepmark.equations import START, check

FILE = Path(__file__).parents[2] / "cases" / "equations.jsonl"
CASES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def statuses(steps: list[str]) -> list[str]:
    state, found = START, []
    for step in steps:
        checked = check(step, state)
        state = checked.state
        found.append([equation.status for equation in checked.equations])
    return list(chain.from_iterable(found))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_equations_of_a_case(case: dict[str, Any]):
    assert statuses(case["steps"]) == case["statuses"]


def test_an_equation_is_quoted_as_it_stands():
    (equation,) = check("So \\(18 \\div 3 = 5\\) apples remain.").equations
    assert equation.text == "18 / 3 = 5 apples remain"
