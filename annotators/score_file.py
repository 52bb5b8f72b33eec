"""A file of step scores: what a published model gave each step of solutions that exist.

A row has `steps`, a list of texts, and for each model a list of numbers, one a step, in a column of
its own. Solutions are known again by their steps, white space around them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

from stepmark.errors import ProblemError
from stepmark.problems.cells import Content
from stepmark.problems.open_source import read_file
from stepmark.problems.rows import BadRow, shown

STEPS: Final = "steps"
Score = float | None
Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFile:
    """The scores of one model."""

    scores: Mapping[str, Mapping[Steps, Sequence[tuple[Score, ...]]]]
    """By the solution's text without white space and by its steps: the different lists of scores
    there are for it, mostly one."""

    def of(self, steps: Sequence[str]) -> tuple[tuple[Score, ...], str | None]:
        """Return a score a step, or none and why there are none.

        A text that is there in other steps has no scores for these; nor has one with two scores.
        """
        cuts = self.scores.get(_text(steps))
        if cuts is None:
            return (), "no_scores"
        found = cuts.get(_trimmed(steps))
        if found is None:
            return (), "other_steps"
        return (found[0], None) if len(found) == 1 else ((), "unclear")


def score_file(path: Path, column: str) -> ScoreFile:
    """Read the scores of a model; a file that has not changed is read once.

    Raises:
        ProblemError: the file cannot be read, or a row is not as said above; the message names
            file, row and value.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise ProblemError(f"{path}: the scores cannot be read: {error.strerror}") from None
    return _read(path, column, changed)


def score_columns(path: Path) -> list[str]:
    """Return the columns with a number a step, as the first row of a file has them."""
    row = next(read_file(path), None)
    content: Content = {} if row is None or isinstance(row.content, BadRow) else row.content
    steps = content.get(STEPS)
    if not isinstance(steps, list):
        raise ProblemError(f"{path.name}: its first row has no list of `steps`, as scores do")
    return [name for name, value in content.items() if _are_scores(value, len(steps))]


@lru_cache(maxsize=16)
def _read(path: Path, column: str, _changed: int) -> ScoreFile:
    scores: dict[str, dict[Steps, list[tuple[Score, ...]]]] = {}
    for row in read_file(path):
        try:
            if isinstance(row.content, BadRow):
                raise row.content
            steps, given = _row(row.content, column)
        except BadRow as trouble:
            raise ProblemError(f"{path.name}, row {row.line}: {trouble.detail}") from None
        lists = scores.setdefault(_text(steps), {}).setdefault(steps, [])
        if given not in lists:
            lists.append(given)
    return ScoreFile(scores=scores)


def _row(row: Content, column: str) -> tuple[Steps, tuple[Score, ...]]:
    steps, scores = row.get(STEPS), row.get(column)
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise BadRow(reason="wrong_type", detail=f"steps is {shown(steps)}, not a list of texts")
    if not isinstance(scores, list):
        lists = [name for name, value in row.items() if _are_scores(value, len(steps))]
        raise BadRow(
            reason="wrong_type",
            detail=f"{column} is {shown(scores)}, not a list of numbers; such are {lists}",
        )
    if len(scores) != len(steps):
        raise BadRow(
            reason="bad_label", detail=f"{column} has {len(scores)} scores for {len(steps)} steps"
        )
    return _trimmed(steps), tuple(_score(value, column) for value in scores)


def _score(value: object, column: str) -> Score:
    if value is None:
        return None
    if not _is_number(value) or not 0 <= float(value) <= 1:  # type: ignore[arg-type]
        raise BadRow(
            reason="bad_label",
            detail=f"{column} holds {shown(value)}; a score is a number from 0 to 1 (put logits "
            "through a sigmoid), or null",
        )
    return float(value)  # type: ignore[arg-type]


def _are_scores(value: object, steps: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == steps
        and all(each is None or (_is_number(each) and 0 <= each <= 1) for each in value)
        and any(isinstance(each, Decimal) for each in value)  # whole numbers alone are ratings
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _trimmed(steps: Sequence[str]) -> Steps:
    return tuple(step.strip() for step in steps)


def _text(steps: Sequence[str]) -> str:
    return "".join("".join(steps).split())
