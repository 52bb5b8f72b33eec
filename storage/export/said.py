"""What a format says of labelled solutions, and what it has no way to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from storage.rows import LabelledSolution


class Said(NamedTuple):
    """Rows of a trainer format, and how much of the labels is not in them."""

    rows: tuple[Any, ...]
    """Records of the format."""
    unsaid: Counter[str]
    """How many labels, steps or solutions are left out, by what they are."""


def together(parts: Iterable[Said]) -> Said:
    """Return many parts as one."""
    rows: list[Any] = []
    unsaid: Counter[str] = Counter()
    for part in parts:
        rows.extend(part.rows)
        unsaid.update(part.unsaid)
    return Said(tuple(rows), unsaid)


def of_each(
    say: Callable[[LabelledSolution], Said],
) -> Callable[[Iterable[LabelledSolution]], Said]:
    """Turn what says one solution into what says many."""
    return lambda solutions: together(say(solution) for solution in solutions)
