"""What the reader tests share: write a small source, read it, tell problems from rejects."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from stepmark.problems import ProblemSource, read_problems
from stepmark.records import Problem, Reject

CASES = Path(__file__).parents[2] / "cases/bad_problems"
SAMPLES = Path(__file__).parent / "samples"

_T = TypeVar("_T")


def read(base: Path, path: str, **options: Any) -> list[Problem | Reject]:
    """Read a source with columns `question` and `answer` unless told otherwise."""
    columns = {"statement": "question", "reference": "answer"}
    return list(read_problems(ProblemSource(path=path, **{**columns, **options}), base))


def read_text(folder: Path, name: str, content: str | bytes, **options: Any) -> list[Any]:
    """Write one file and read it."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(folder, name, **options)


def good(rows: Iterable[_T | Reject]) -> list[_T]:
    """Return what is no reject."""
    return [row for row in rows if not isinstance(row, Reject)]


def reasons(rows: Iterable[object]) -> list[tuple[int, str]]:
    """Return line and reason of each reject."""
    return [(row.line, row.reason) for row in rows if isinstance(row, Reject)]
