"""Gold: solutions whose first wrong step is known, to measure annotators on; and ProcessBench's F1.

Two layouts are told apart by their columns: ProcessBench's (arXiv 2412.06559: `problem`, `steps`,
`label`, counted from 0, −1 for no wrong step) and decoded PRM800K's (arXiv 2305.20050: `problem`,
`steps`, `first_error` likewise). PRM800K's annotators stopped at the first wrong step, so there a
wrong solution ends with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stepmark.errors import ProblemError
from stepmark.problems.json_rows import read_json
from stepmark.problems.rows import BadRow, Row

LAYOUTS: Final = {"label": "ProcessBench", "first_error": "PRM800K"}
"""Layouts by the column that says which step is the first wrong one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A solution that people have judged."""

    id: str
    """The id that its file gives it."""
    problem: str
    """The statement."""
    steps: tuple[str, ...]
    """The steps, as they stand in the file."""
    first_error: int | None
    """Index from 0 of the first wrong step; null if there is none."""


def read_gold(path: Path) -> tuple[Gold, ...]:
    """Return the solutions of a gold file, `.json` or `.jsonl`, in its order.

    Raises:
        ProblemError: the file cannot be read, or a row is of neither layout.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            return tuple(_gold(path, row) for row in read_json(stream))
    except OSError as error:
        raise ProblemError(f"{path.name}: cannot be read: {error.strerror}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessBenchScore:
    """How well first errors were found; shares in [0, 1]."""

    wrong: float
    """Share of the solutions with a wrong step whose first one was named exactly."""
    right: float
    """Share of the solutions without one of which that was said."""

    @property
    def f1(self) -> float:
        """ProcessBench's F1: the harmonic mean of the two."""
        return 2 * self.wrong * self.right / (self.wrong + self.right or 1.0)


Named = int | None | str
"""What an annotator names: a step, none, or why it names nothing."""


def process_bench(truth: Sequence[int | None], named: Sequence[Named]) -> ProcessBenchScore:
    """Score named first errors as ProcessBench does: who names nothing is mistaken.

    Args:
        truth: first wrong steps.
        named: what was said, in the same order.
    """
    hits = [(t is None, t == n) for t, n in zip(truth, named, strict=True)]
    return ProcessBenchScore(
        wrong=_share(hit for is_right, hit in hits if not is_right),
        right=_share(hit for is_right, hit in hits if is_right),
    )


def _share(hits: Iterator[bool]) -> float:
    counted = list(hits)
    return sum(counted) / len(counted) if counted else 0.0


def _gold(path: Path, row: Row) -> Gold:
    if isinstance(row.content, BadRow):
        raise ProblemError(f"{path.name}, row {row.line}: {row.content}")
    column = next((name for name in LAYOUTS if name in row.content), None)
    if column is None:
        raise ProblemError(
            f"{path.name}, row {row.line}: it has the columns {sorted(row.content)}, and none of "
            f"{list(LAYOUTS)}: give a file in the layout of {' or '.join(LAYOUTS.values())}"
        )
    number, steps = row.content[column], row.content.get("steps")
    if not isinstance(steps, list) or not isinstance(number, int) or not -1 <= number < len(steps):
        raise ProblemError(
            f"{path.name}, row {row.line}: {column} is {number!r}, which is neither −1 nor one of "
            "its steps"
        )
    return Gold(
        id=str(row.content.get("id", row.line)),
        problem=str(row.content.get("problem", "")),
        steps=tuple(map(str, steps)),
        first_error=None if number < 0 else number,
    )
