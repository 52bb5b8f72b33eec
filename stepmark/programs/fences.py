"""Fenced blocks of a text: where their code stands and what language they say it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_MARK: Final = re.compile(
    r"^[ \t]{0,3}(`{3,}|~{3,})[ \t]*([\w+.#-]*)[^\n`]*(?:\n|\Z)", re.MULTILINE
)
_PYTHON: Final = frozenset(("", "python", "python3", "py"))


class Fence(NamedTuple):
    """A fenced block; offsets are characters from 0."""

    opening: int
    """Where the line that opens it starts."""
    start: int
    """Where its code starts."""
    end: int
    """Where its code ends: at the line that closes it, or at the end of the text."""
    language: str
    """What its opening says, in lower case; empty if nothing."""
    closed: bool
    """Whether it is closed."""

    @property
    def is_python(self) -> bool:
        """Whether it says it is Python, or says nothing."""
        return self.language in _PYTHON


def fences(text: str) -> Sequence[Fence]:
    """Return the fenced blocks of a text, in order; linear in its length."""
    found: list[Fence] = []
    opening: re.Match[str] | None = None
    for mark in _MARK.finditer(text):
        if opening is None:
            opening = mark
        elif not mark[2] and mark[1].startswith(opening[1]):
            found.append(_fence(opening, mark.start(), closed=True))
            opening = None
    if opening is not None:
        found.append(_fence(opening, len(text), closed=False))
    return found


def _fence(opening: re.Match[str], end: int, *, closed: bool) -> Fence:
    return Fence(opening.start(), opening.end(), end, opening[2].lower(), closed)
