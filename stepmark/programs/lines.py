"""The lines of a program as steps: where its source stands in a completion, and where to cut it.

A step is a line with code; blank lines end the one before, comments begin the one after. Lines of
a bracket or a string that spans several are steps of their own: a prefix may end anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from stepmark.programs.extract import closes_only
from stepmark.programs.fences import fences

_LINE: Final = re.compile(r"[^\n]*\n(?:[ \t\r]*\n)*|[^\n]+\Z")
_COMMENT: Final = re.compile(r"[ \t]*(?:#|\Z|\r?\n)")


def source_span(text: str) -> tuple[int, int]:
    """Return where the source in a completion starts and ends: its first block, else all of it."""
    blocks = fences(text)
    if blocks and closes_only(text, blocks[0]):
        return 0, blocks[0].opening
    for block in blocks:
        if block.is_python:
            return block.start, block.end
    return 0, len(text)


def line_cuts(source: str) -> Iterator[int]:
    """Yield where the steps of a source part, in order."""
    waiting: int | None = None
    for line in _LINE.finditer(source):
        if _COMMENT.match(line[0]):
            continue
        if waiting is not None:
            yield waiting
        waiting = line.end()
