"""What every reader yields: rows with their place in the source, good or broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

MAX_DETAIL: Final = 200
"""Characters of a bad value that are kept."""
DUPLICATE: Final = "duplicate"
"""Reason of a row that says again what an earlier one says: nothing is lost with it."""


class BadRow(Exception):
    """Why a row is no usable problem."""

    def __init__(self, *, reason: str, detail: str) -> None:
        """Take the short code that the manifest counts by, and the value seen."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Row(NamedTuple):
    """One row of a source."""

    line: int
    """Line of a JSONL file; else the number of the row. From 1."""
    content: Mapping[str, object] | BadRow
    """The columns by name, or why they could not be read."""


def shown(value: object) -> str:
    """Return the value as it looks in a message, printable and of bounded length."""
    text = repr(value[: MAX_DETAIL + 1] if isinstance(value, str) else value)
    return text if len(text) <= MAX_DETAIL else text[: MAX_DETAIL - 1] + "…"
