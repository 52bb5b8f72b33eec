"""What a format writes of labelled solutions, and what it has no way to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from stepmark.prefixes import Prefixes
from storage.rows import LabelledSolution

NO_SOLUTION: Final = "prefixes of no solution in the data"
"""Measured prefixes that only solutions have which a filter or the labels left out."""


class Written(NamedTuple):
    """Rows of a trainer format, and how much of the labels is not in them."""

    rows: tuple[Any, ...]
    """Records of the format."""
    unsaid: Counter[str]
    """How many labels, steps or solutions are left out, by what they are."""


def not_kept(prefixes: Prefixes) -> Counter[str]:
    """Count the prefixes that no format writes, as no solution in the data has them."""
    return +Counter({NO_SOLUTION: int((~prefixes.kept).sum())})


def together(parts: Iterable[Written]) -> Written:
    """Return many parts as one."""
    rows: list[Any] = []
    unsaid: Counter[str] = Counter()
    for part in parts:
        rows.extend(part.rows)
        unsaid.update(part.unsaid)
    return Written(tuple(rows), unsaid)


def of_each(
    write: Callable[[LabelledSolution], Written],
) -> Callable[[Iterable[LabelledSolution]], Written]:
    """Turn what writes one solution into what writes many."""
    return lambda solutions: together(write(solution) for solution in solutions)
