"""The recipe blocks: what they accept, what they refuse, and what they say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from stepmark.problems import ProblemSource, SolutionSource


def test_yaml_list_of_columns_becomes_a_tuple() -> None:
    """A recipe may name several columns of the statement."""
    block = {"path": "svamp.jsonl", "statement": ["Body", "Question"]}
    source = TypeAdapter(ProblemSource).validate_python(block)
    assert source.statement_columns == ("Body", "Question")


@pytest.mark.parametrize("block", [ProblemSource, SolutionSource])
def test_unknown_key_is_refused(block: type[ProblemSource]) -> None:
    """A misspelt option never passes in silence."""
    with pytest.raises(ValidationError, match="statment"):
        TypeAdapter(block).validate_python({"path": "a.csv", "statement": "q", "statment": "q"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_bad_share": 1.5}, "between 0 and 1, not 1.5"),
        ({"statement": ()}, "at least one column"),
        ({"statement": " "}, "need a name, not ' '"),
        ({"answer": "hash"}, "answer: hash needs a reference"),
        ({"kind": "code"}, "kind: code and tests go together"),
        ({"tests": "test"}, "kind: code and tests go together"),
        ({"entry_point": "name"}, "entry_point: name needs tests"),
        ({"choices": "options"}, "needs kind: choice, not math"),
        ({"split": "test"}, "'a.jsonl' is a file"),
    ],
)
def test_contradiction_is_refused_with_the_value_seen(
    options: dict[str, Any], message: str
) -> None:
    """Each message names the option and what was wrong with it."""
    with pytest.raises(ValueError, match=message):
        ProblemSource(**{"path": "a.jsonl", "statement": "q", **options})


@pytest.mark.parametrize("columns", [{}, {"text": "t", "steps": "s"}])
def test_solutions_are_text_or_steps(columns: dict[str, str]) -> None:
    """Neither and both are mistakes."""
    with pytest.raises(ValueError, match="give text or steps"):
        SolutionSource(path="a.jsonl", statement="q", **columns)  # type: ignore[arg-type]


def test_columns_of_a_solution_source_include_the_solution() -> None:
    """Parquet reads only the columns that are named."""
    source = SolutionSource(path="a.parquet", statement="q", reference="a", steps="s")
    assert source.columns == ("q", "a", "s")
