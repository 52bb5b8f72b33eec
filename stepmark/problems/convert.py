"""Turn one row of a source into a problem, or into a solution that exists with its problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stepmark.grading import extract_reference
from stepmark.ids import content_id
from stepmark.problems.cells import Content, cell, lines_of, number_or_text, text_of, texts_of
from stepmark.problems.options import LETTERS, letter_at, with_options
from stepmark.problems.rows import BadRow, Row, shown
from stepmark.problems.source import ProblemSource, SolutionSource
from stepmark.records import Problem

MAX_STATEMENT: Final = 100_000
"""Characters a statement may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSolution:
    """A solution that exists, with its problem."""

    problem: Problem
    """The problem, as `read_problems` would yield it."""
    text: str
    """The whole text of the solution."""
    steps: tuple[str, ...] | None
    """The steps that the source gives: `"".join(steps)` is the text; null if it gives text."""


def to_problem(source: ProblemSource, row: Row, name: str) -> Problem:
    """Return the problem of a row; BadRow if it holds none."""
    if isinstance(row.content, BadRow):
        raise row.content
    options = texts_of(row.content, source.choices) if source.choices else ()
    statement = _statement(source, row.content, options)
    reference = _reference(source, row.content, options)
    tests = _tests(source, row.content)
    return Problem(
        id=content_id("pb", statement, reference, tests, source.kind),
        statement=statement,
        reference=reference,
        tests=tests,
        kind=source.kind,
        source=name,
        line=row.line,
        source_id=number_or_text(row.content, source.id) or None if source.id else None,
    )


def to_solution(source: SolutionSource, row: Row, name: str) -> GivenSolution:
    """Return the solution of a row; BadRow if it holds none."""
    problem = to_problem(source, row, name)
    content: Content = {} if isinstance(row.content, BadRow) else row.content
    if source.steps is not None:
        steps = _steps(content, source.steps)
        return GivenSolution(problem=problem, text="".join(steps), steps=steps)
    text = text_of(content, source.text or "")
    if not text.strip():
        raise BadRow(reason="empty_solution", detail=f"{source.text} is {shown(text)}")
    return GivenSolution(problem=problem, text=text, steps=None)


def _statement(source: ProblemSource, row: Content, options: tuple[str, ...]) -> str:
    parts = [lines_of(row, column) for column in source.statement_columns]
    statement = "\n".join(part for part in parts if part.strip())
    if not statement:
        raise BadRow(
            reason="empty_statement",
            detail=f"{', '.join(source.statement_columns)}: {shown(parts)}",
        )
    if source.choices:
        statement = with_options(statement, options)
    if len(statement) > MAX_STATEMENT:
        detail = f"the statement has {len(statement)} characters, over {MAX_STATEMENT}"
        raise BadRow(reason="too_long", detail=detail)
    return statement


def _reference(source: ProblemSource, row: Content, options: tuple[str, ...]) -> str | None:
    if source.reference is None:
        return None
    value = cell(row, source.reference)
    if source.choices and isinstance(value, int) and not isinstance(value, bool):
        return letter_at(value, options)
    text = number_or_text(row, source.reference)
    if not text.strip():
        raise BadRow(reason="no_reference", detail=f"{source.reference} is {shown(value)}")
    if source.kind == "code":
        return text  # its first line may be indented: the body of a function in the statement
    reference = extract_reference(text, source.answer)
    if reference is None:
        detail = f"{source.reference} holds no answer of the form {source.answer}: {shown(text)}"
        raise BadRow(reason="bad_reference", detail=detail)
    if options and source.answer == "choice" and reference not in LETTERS[: len(options)]:
        raise BadRow(
            reason="bad_reference",
            detail=f"there is no option {reference}; there are {len(options)}",
        )
    return reference


def _tests(source: ProblemSource, row: Content) -> str | None:
    if not source.tests:
        return None
    tests = "\n".join(lines_of(row, column) for column in source.test_columns)
    if not tests.strip():
        raise BadRow(reason="no_tests", detail=f"{', '.join(source.test_columns)}: {shown(tests)}")
    if source.entry_point is None:
        return tests
    function = text_of(row, source.entry_point).strip()
    if not function.isidentifier():
        raise BadRow(
            reason="wrong_type", detail=f"{source.entry_point} is no name: {shown(function)}"
        )
    return f"{tests.rstrip()}\n\ncheck({function})\n"


def _steps(row: Content, column: str) -> tuple[str, ...]:
    """Return the steps, each but the last ended by a blank line unless it ends with a break."""
    steps = texts_of(row, column)
    if not steps:
        raise BadRow(reason="empty_solution", detail=f"{column} is an empty list")
    for index, step in enumerate(steps):
        if not step.strip():
            raise BadRow(reason="empty_step", detail=f"step {index} of {column} is {shown(step)}")
    ended = (step if step.endswith("\n") else step + "\n\n" for step in steps[:-1])
    return (*ended, steps[-1])
