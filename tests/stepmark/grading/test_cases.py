"""The hand-checked cases of `tests/cases/grading.jsonl`: every trap known from other graders."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stepmark.grading import Grader
from stepmark.records import Problem

_FILE = Path(__file__).parents[2] / "cases" / "grading.jsonl"
CASES = [json.loads(line) for line in _FILE.read_text().splitlines()]


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    """One grader, so that the worker starts once."""
    opened = Grader(cpu_s=20.0)
    yield opened
    opened.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['source']}: {case['why']}"[:70])
def test_case_has_the_expected_outcome(grader: Grader, case: dict[str, Any]) -> None:
    """Each case is graded as a person would."""
    assert asyncio.run(_outcome(grader, case)) == case["expected"], case


@pytest.mark.parametrize(
    "case", [case for case in CASES if "answer" in case], ids=lambda case: case["why"]
)
def test_equivalence_is_symmetric(grader: Grader, case: dict[str, Any]) -> None:
    """Which of two answers is the reference does not matter."""
    turned = case | {"answer": case["reference"], "reference": case["answer"]}
    assert asyncio.run(_outcome(grader, turned)) == case["expected"], turned


def test_a_third_of_the_cases_is_not_correct() -> None:
    """A file of right answers alone would pass a grader that always agrees."""
    assert len(CASES) >= 170
    assert sum(case["expected"] != "correct" for case in CASES) * 3 >= len(CASES)


async def _outcome(grader: Grader, case: dict[str, Any]) -> str:
    kind = case["kind"]
    if "answer" in case:
        equal = await grader.equivalent(case["answer"], case["reference"], kind)
        return {True: "correct", False: "incorrect", None: "unknown"}[equal]
    problem = Problem(
        id="pb_case",
        statement="",
        reference=case["reference"],
        tests=None,
        kind=kind,
        source="cases",
        line=1,
        source_id=None,
    )
    grade = await grader.grade(case["completion"], case["finish_reason"], problem)
    assert (grade.reason is not None) == (grade.outcome == "unknown")
    return grade.outcome
