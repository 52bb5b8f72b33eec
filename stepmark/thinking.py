"""The part of a completion in which a reasoning model thinks before it answers."""

from __future__ import annotations


def after_thinking(text: str) -> str:
    """Return what a completion says after its thinking; all of it if that is nothing."""
    _, mark, rest = text.rpartition("</think>")
    return rest if mark and rest.strip() else text
