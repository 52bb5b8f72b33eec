"""Reading a gold file: its layout is told by its columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from stepmark.errors import ProblemError
from stepmark.gold import (
    bigbench_mistake,
    mr_gsm8k,
    parc,
    prm800k,
    prm800k_decoded,
    prmbench,
    processbench,
)
from stepmark.gold.record import Gold
from stepmark.problems.open_source import read_file
from stepmark.problems.rows import BadRow, Row

LAYOUTS: Final[tuple[ModuleType, ...]] = (
    prmbench,
    mr_gsm8k,
    parc,
    bigbench_mistake,
    prm800k_decoded,
    processbench,
    prm800k,
)
"""The layouts, in the order in which a row is tried."""


def read_gold(path: Path) -> tuple[Gold, ...]:
    """Return the solutions of a gold file, `.json` or `.jsonl`, perhaps gzipped, in its order.

    Raises:
        ProblemError: the file cannot be read or holds none, or a row is of no layout or breaks its
            own; the message names file, row and value.
    """
    found = (_gold(path, row) for row in read_file(path))
    gold = tuple(one for one in found if one is not None)
    if not gold:
        raise ProblemError(f"{path.name}: it holds no judged solution")
    return gold


def half_wrong(gold: Sequence[Gold], limit: int | None) -> tuple[Gold, ...]:
    """Return the first solutions, half of them wrong as far as there are any; all if no limit."""
    if limit is None:
        return tuple(gold)
    wrong = [one for one in gold if one.first_error is not None]
    right = [one for one in gold if one.first_error is None]
    least_wrong = max(limit // 2, limit - len(right))
    taken = wrong[:least_wrong]
    return (*taken, *right[: limit - len(taken)])


def _gold(path: Path, row: Row) -> Gold | None:
    place = f"{path.name}, row {row.line}"
    if isinstance(row.content, BadRow):
        raise ProblemError(f"{place}: {row.content}")
    layout = next((one for one in LAYOUTS if set(one.COLUMNS) <= row.content.keys()), None)
    if layout is None:
        known = "; ".join(f"{one.NAME}: {', '.join(one.COLUMNS)}" for one in LAYOUTS)
        raise ProblemError(
            f"{place}: it has the columns {sorted(row.content)}, which are of no gold layout. "
            f"Known ones: {known}."
        )
    try:
        gold: Gold | None = layout.gold_of(row.content, row.line)
    except BadRow as trouble:
        raise ProblemError(
            f"{place} breaks the layout of {layout.NAME}: {trouble.detail}"
        ) from None
    return gold
