"""The one way to say that a text is not in a language that is read."""

from __future__ import annotations

from typing import NoReturn


class UnreadableError(Exception):
    """A text that is no statement of the language; never leaves a verifier."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"{reason}: {text[:200]!r}")
        self.reason = reason
        """Short code, e.g. `free_variable`."""
        self.text = text
        """What could not be read."""


def refuse(reason: str, text: str) -> NoReturn:
    """Raise that a text cannot be read.

    Raises:
        UnreadableError: always.
    """
    raise UnreadableError(reason, text)
