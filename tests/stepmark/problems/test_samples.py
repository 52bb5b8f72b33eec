"""Samples of the files people have, read with the recipe block one would write for them."""

from __future__ import annotations

import pytest

from stepmark.problems import ProblemSource, read_problems
from stepmark.records import Problem
from tests.stepmark.problems.reading import SAMPLES, good

LOGIC = {
    "statement": ("context", "question"),
    "reference": "answer",
    "answer": "choice",
    "kind": "choice",
    "choices": "options",
    "id": "id",
}
CODE = {
    "statement": "prompt",
    "kind": "code",
    "tests": "test",
    "entry_point": "entry_point",
    "id": "task_id",
}
BLOCKS = {
    "gsm8k.jsonl": {"statement": "question", "reference": "answer", "answer": "hash"},
    "math500.jsonl": {"statement": "problem", "reference": "solution", "answer": "boxed"},
    "svamp.jsonl": {"statement": ("Body", "Question"), "reference": "Answer", "id": "ID"},
    "multiarith.jsonl": {"statement": "input", "reference": "target"},
    "cruxeval.jsonl": {"statement": ("code", "input"), "reference": "output", "kind": "text"},
    "game24.csv": {"statement": "Puzzles", "id": "Rank"},
    "prontoqa.json": LOGIC,
    "logical_deduction.json": LOGIC,
    "humaneval.jsonl.gz": CODE,
    "mbpp.jsonl": CODE,
}


def sample(name: str) -> list[Problem]:
    source = ProblemSource(path=name, **BLOCKS[name])  # type: ignore[arg-type]
    return good(read_problems(source, SAMPLES))


@pytest.mark.parametrize(
    ("name", "references"),
    [
        ("gsm8k.jsonl", ["18", "3", "70000"]),
        ("math500.jsonl", [r"\left( 3, \frac{\pi}{2} \right)", "p - q", r"\frac{14}{3}"]),
        ("svamp.jsonl", ["145.0", "19.0", "3.0"]),
        ("multiarith.jsonl", ["39", "8"]),
        ("cruxeval.jsonl", ["[(4, 1), (4, 1), (4, 1), (4, 1), (2, 3), (2, 3)]", "'           '"]),
        ("game24.csv", [None, None, None]),
        ("prontoqa.json", ["B", "A"]),
        ("logical_deduction.json", ["D", "A"]),
        ("humaneval.jsonl.gz", [None, None]),
        ("mbpp.jsonl", [None, None]),
    ],
)
def test_references_are_found(name: str, references: list[str | None]) -> None:
    assert [problem.reference for problem in sample(name)] == references


def test_statement_columns_are_joined_by_a_line_break() -> None:
    body, question = sample("svamp.jsonl")[1].statement.split("\n")
    assert body.startswith("Marco and his dad")
    assert question == "How much did Marco's strawberries weigh?"


def test_options_are_lettered_below_the_statement() -> None:
    assert sample("prontoqa.json")[0].statement.endswith(
        "true or false? Max is sour.\n(A) True\n(B) False"
    )


def test_test_program_calls_its_check_on_the_entry_point() -> None:
    problem = sample("humaneval.jsonl.gz")[0]
    assert problem.tests is not None
    assert problem.tests.endswith("== False\n\ncheck(has_close_elements)\n")
    assert problem.statement.endswith('"""\n')


def test_white_space_around_an_entry_point_is_dropped() -> None:
    problem = sample("mbpp.jsonl")[1]
    assert problem.tests is not None
    assert problem.tests.endswith("check(is_Power_Of_Two)\n")


def test_ids_of_the_source_are_kept() -> None:
    assert [problem.source_id for problem in sample("game24.csv")] == ["1", "2", "3"]
    assert sample("svamp.jsonl")[0].source_id == "chal-777"
