"""What a filter is: a frozen block of a recipe that says of each row why it goes, or nothing.

Its sibling, a change, returns the rows in another form (calibrated values, joined steps). Both look
at a shard at a time and are pure. What must be known of all shards first (how many
rows each class has, which problem was first) is fitted once, over the rows that the filters before
it let through, frozen in a file of the build, and handed to every decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
import pyarrow as pa

from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray

Reasons: TypeAlias = pa.StringArray
"""One entry a row: a short code, or null where the row is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What every block under `filters:` has; by default nothing is fitted and nothing needed."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    fitted: ClassVar[type[Any] | None] = None
    """Record of what is fitted over all shards; None for a filter that needs nothing of it."""
    needs_solve_rate: ClassVar[bool] = False
    """Whether it says nothing without the problems' solve rates."""
    needs_draws: ClassVar[bool] = False
    """Whether it says nothing without the rollouts that labels rest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited(Block):
    """A filter, which may drop so much and no more."""

    max_dropped: float = 0.5
    """Largest share, in [0, 1], of the rows it sees that it may drop before the build stops."""

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        check_within("max_dropped", self.max_dropped, 0, 1)


class Filter(Protocol):
    """Drops rows."""

    method: str
    max_dropped: float
    fitted: ClassVar[type[Any] | None]

    def decide(self, rows: pa.Table, fitted: Any) -> Reasons:
        """Return why each row goes, null where it stays; pure.

        Args:
            rows: a shard's (filters/rows.py).
            fitted: what `fit` returned, or None for a filter that has none.
        """
        ...


class Change(Protocol):
    """Alters rows, or adds some; drops none."""

    method: str
    fitted: ClassVar[type[Any] | None]

    def change(self, rows: pa.Table, fitted: Any) -> pa.Table:
        """Return the rows as they become; pure. Arguments as of `Filter.decide`."""
        ...


class Fits(Protocol):
    """What either has besides, if something is fitted over all shards."""

    def fit(self, shards: Iterable[pa.Table], base: Path) -> Any:
        """Return a record of the class `fitted`.

        Args:
            shards: the rows of each shard, as the filters before left them.
            base: the folder that relative paths start from.
        """
        ...


def because(*causes: tuple[str, BoolArray]) -> Reasons:
    """Return for each row the first cause that holds, null where none does."""
    names, holds = zip(*causes, strict=True)
    codes = np.select(list(holds), list(range(1, len(names) + 1)), 0)
    reasons: Reasons = pa.array([None, *names], pa.string()).take(pa.array(codes))
    return reasons


def check_within(name: str, value: float, least: float, most: float) -> None:
    """Raise ValueError unless a setting lies between two bounds, both allowed."""
    if not least <= value <= most:
        raise ValueError(f"{name} must be in [{least:g}, {most:g}], not {value:g}")
