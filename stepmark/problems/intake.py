"""Count what a reader yields and stop a source that holds too many bad rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from stepmark.errors import ProblemError
from stepmark.problems.rows import DUPLICATE
from stepmark.records import Reject

EARLY_ROWS: Final = 200
"""Rows that stand for at least this many while reading goes on."""

_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class Intake:
    """Counts of one source, and the bound on its bad rows.

    The share is judged at the end of the source. Before that, only an excess that looks hopeless
    stops it: more than twice the allowed share of the rows seen, which count as 200 at least, so
    that a few bad rows at the top of a long file pass.
    """

    max_bad_share: float
    """The share of rows that may be rejected; duplicates do not count, they lose nothing."""
    accepted: int = 0
    """Rows that were usable."""
    rejects: Counter[str] = field(default_factory=Counter)
    """Rows that were not, by reason."""
    first_bad: Reject | None = None
    """The first bad row, for the message."""

    @property
    def rows(self) -> int:
        """Rows seen."""
        return self.accepted + self.rejects.total()

    @property
    def bad(self) -> int:
        """Rows that count as bad."""
        return self.rejects.total() - self.rejects[DUPLICATE]

    def watch(self, rows: Iterable[_T | Reject]) -> Iterator[_T | Reject]:
        """Yield the rows on; raise ProblemError when too many are bad."""
        for row in rows:
            self._count(row)
            yield row
            if self.bad > 2 * self.max_bad_share * max(self.rows, EARLY_ROWS):
                self._stop()
        if self.bad > self.max_bad_share * self.rows:
            self._stop()

    def _count(self, row: object) -> None:
        if not isinstance(row, Reject):
            self.accepted += 1
            return
        self.rejects[row.reason] += 1
        if self.first_bad is None and row.reason != DUPLICATE:
            self.first_bad = row

    def _stop(self) -> None:
        worst = self.first_bad
        where = f"{worst.source} line {worst.line}: {worst.detail}" if worst else ""
        reasons = ", ".join(f"{reason} {count}" for reason, count in self.rejects.most_common())
        message = (
            f"{self.bad} of {self.rows} rows cannot be used ({reasons}), more than max_bad_share"
            f" {self.max_bad_share} allows; the first is {where}. Mend the rows or raise the share"
        )
        raise ProblemError(message)
