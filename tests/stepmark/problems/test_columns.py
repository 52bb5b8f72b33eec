"""Columns beyond statement and reference: options, tests, entry points, ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stepmark.records import Problem, Reject
from tests.stepmark.problems.reading import read_text

CHOICE = {"kind": "choice", "answer": "choice", "choices": "options"}
CODE = {"kind": "code", "tests": "tests", "reference": None}


def one(folder: Path, row: Mapping[str, object], **options: Any) -> Problem | Reject:
    """Read one row, behind a good one so that the file is not given up."""
    fine = {"question": "fine", "answer": "A", "options": ["x", "y"], "tests": "t", "name": "f"}
    content = f"{json.dumps({**fine, 'id': 0})}\n{json.dumps({**fine, 'id': 1, **row})}\n"
    result: Problem | Reject = read_text(folder, "a.jsonl", content, **options)[1]
    return result


def test_list_of_texts_as_statement_is_joined_by_lines(tmp_path: Path) -> None:
    problem = one(tmp_path, {"question": ["All cats purr.", "Tom is a cat."]}, kind="text")
    assert isinstance(problem, Problem)
    assert problem.statement == "All cats purr.\nTom is a cat."


@pytest.mark.parametrize(
    "options", [["four", "five"], ["A) four", "B) five"], ["A. four", "B: five"]]
)
def test_letters_that_options_carry_are_replaced(tmp_path: Path, options: list[str]) -> None:
    problem = one(tmp_path, {"question": "2 + 2?", "options": options}, **CHOICE)
    assert isinstance(problem, Problem)
    assert problem.statement == "2 + 2?\n(A) four\n(B) five"


def test_index_of_an_option_becomes_its_letter(tmp_path: Path) -> None:
    problem = one(tmp_path, {"question": "q", "answer": 1}, **CHOICE)
    assert isinstance(problem, Problem)
    assert problem.reference == "B"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"question": "q", "answer": 2}, "bad_reference"),
        ({"question": "q", "answer": "C"}, "bad_reference"),
        ({"question": "q", "answer": True}, "wrong_type"),
        ({"question": "q", "options": ["only"]}, "wrong_type"),
        ({"question": "q", "options": "x, y"}, "wrong_type"),
        ({"question": "q", "options": ["x", 1]}, "wrong_type"),
    ],
)
def test_bad_options_are_rejected(tmp_path: Path, row: dict[str, object], reason: str) -> None:
    reject = one(tmp_path, row, **CHOICE)
    assert isinstance(reject, Reject)
    assert reject.reason == reason


def test_list_of_tests_is_joined_by_lines(tmp_path: Path) -> None:
    problem = one(tmp_path, {"tests": ["assert f(1)", "assert f(2)"]}, **CODE)
    assert isinstance(problem, Problem)
    assert problem.tests == "assert f(1)\nassert f(2)"


def test_several_columns_of_tests_are_joined_in_order(tmp_path: Path) -> None:
    """MBPP has the imports of its tests in a column of their own."""
    row = {"tests": ["assert f(1)"], "name": "import math"}
    problem = one(tmp_path, row, **CODE | {"tests": ("name", "tests")})
    assert isinstance(problem, Problem)
    assert problem.tests == "import math\nassert f(1)"


@pytest.mark.parametrize(
    ("row", "reason"),
    [({"tests": None}, "no_tests"), ({"name": "f(); import os"}, "wrong_type")],
)
def test_bad_tests_are_rejected(tmp_path: Path, row: dict[str, object], reason: str) -> None:
    reject = one(tmp_path, {"question": "q", **row}, **CODE, entry_point="name")
    assert isinstance(reject, Reject)
    assert reject.reason == reason


@pytest.mark.parametrize(("given", "kept"), [(7, "7"), ("x/7", "x/7"), (None, None), ("", None)])
def test_source_id_is_kept_as_text(tmp_path: Path, given: object, kept: str | None) -> None:
    problem = one(tmp_path, {"question": "q", "id": given}, id="id")
    assert isinstance(problem, Problem)
    assert problem.source_id == kept


def test_text_over_a_megabyte_is_too_long(tmp_path: Path) -> None:
    for row in ({"answer": "1" * 1_000_001}, {"question": ["x" * 600_000, "y" * 600_000]}):
        reject = one(tmp_path, row)
        assert isinstance(reject, Reject)
        assert reject.reason == "too_long"
