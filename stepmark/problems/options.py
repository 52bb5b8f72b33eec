"""Put the options of a multiple-choice problem under its statement."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from typing import Final

from stepmark.problems.rows import BadRow, shown

LETTERS: Final = string.ascii_uppercase
_LETTERED: Final = re.compile(r"\s*[(\[]?([A-Z])[)\].:]\s*")


def with_options(statement: str, options: Sequence[str]) -> str:
    """Return the statement with a line `(A) …` for each option; letters they carry are replaced."""
    if not 1 < len(options) <= len(LETTERS):
        raise BadRow(
            reason="wrong_type", detail=f"there must be 2 to 26 options, not {shown(options)}"
        )
    marks = [_LETTERED.match(option) for option in options]
    if all(mark and mark[1] == letter for mark, letter in zip(marks, LETTERS, strict=False)):
        options = [
            option[mark.end() :] for option, mark in zip(options, marks, strict=True) if mark
        ]
    lines = [f"({letter}) {option}" for letter, option in zip(LETTERS, options, strict=False)]
    return "\n".join([statement, *lines])


def letter_at(index: int, options: Sequence[str]) -> str:
    """Return the letter of the option with this index, from 0."""
    if not 0 <= index < len(options):
        raise BadRow(
            reason="bad_reference", detail=f"there is no option {index}; there are {len(options)}"
        )
    return LETTERS[index]
