r"""The program in a completion: what to try, in order.

Only text is looked at here. What compiles and loads is found out in the sandbox, where hostile
source can do no harm: the harness takes the first candidate that does (inside_tests.py).

A completion is one of three things: prose with fenced blocks, the continuation of a statement that
is itself the head of a function (HumanEval), or bare source. Traps: a second block that only calls
or tests the first, imports in a block of their own, a fence that the prompt opened, text after the
body of a function. A main guard is no trap: the harness runs no module as `__main__`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from stepmark.programs.fences import Fence, fences
from stepmark.thinking import after_thinking

_CODE: Final = re.compile(
    r"^(?:(?:async[ \t]+def|def|class|import|from)[ \t]+\w|@\w)", re.MULTILINE
)
_DEFINED: Final = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_LEFT: Final = re.compile(
    r"""^(?:(?:async|def|class|if|for|while|print|import|from|assert)\b|[@#<]|\"\"\"|''')""",
    re.MULTILINE,
)
"""What stands at the left margin after a function's body: Codex's stop words and a few more."""


class Found(NamedTuple):
    """What may be the program of a completion."""

    programs: tuple[str, ...]
    """Candidates, the likeliest first; empty if there is none."""
    closed: bool
    """Whether the program was complete before the text ended."""


def find_program(text: str, statement: str, tests: str) -> Found:
    """Find the candidates in a completion of a problem with this statement and these tests."""
    text = after_thinking(text)
    blocks = fences(text)
    if blocks and closes_only(text, blocks[0]):
        return _unfenced(text[: blocks[0].opening], statement)._replace(closed=True)
    blocks = [block for block in blocks if block.is_python]
    if blocks:
        return _fenced(text, blocks, frozenset(_WORD.findall(tests)))
    return _unfenced(text, statement)


def closes_only(text: str, first: Fence) -> bool:
    """Tell whether the first mark of a text closes a block that its prompt opened."""
    before = text[: first.opening]
    return not first.language and (_is_indented(before) or _CODE.search(before) is not None)


def _fenced(text: str, blocks: Sequence[Fence], tested: frozenset[str]) -> Found:
    """Take the last block that defines what is tested; else all of them together."""
    sources = [text[block.start : block.end] for block in blocks]
    defines = [_DEFINED.findall(source) for source in sources]
    meant = [place for place, names in enumerate(defines) if tested.intersection(names)]
    place = (meant or [place for place, names in enumerate(defines) if names] or [0])[-1]
    programs = dict.fromkeys((sources[place], "\n".join(sources)))
    return Found(tuple(p for p in programs if p.strip()), blocks[place].closed)


def _unfenced(text: str, statement: str) -> Found:
    if not text.strip():
        return Found((), closed=False)
    if _is_indented(text):
        return _continued(text, statement)
    start = _CODE.search(text)
    programs = (text, text[start.start() :]) if start else (text,)
    return Found(tuple(dict.fromkeys(programs)), closed=False)


def _is_indented(text: str) -> bool:
    return text.lstrip("\r\n")[:1] in {" ", "\t"}


def _continued(text: str, statement: str) -> Found:
    """Put the body under its head: with all that follows, which may be helpers, or without."""
    head = statement if statement.endswith("\n") else statement + "\n"
    left = _LEFT.search(text)
    whole = head + text
    if left is None:
        return Found((whole,), closed=False)
    return Found((whole, head + text[: left.start()]), closed=True)
