"""Rows of JSON files: one object a line, or one array of objects, never the whole file at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, TextIO

from stepmark.errors import ProblemError
from stepmark.problems.rows import BadRow, Row, shown

MAX_ROW: Final = 16 * 2**20
"""Characters a row may have: what bounds the memory a reader needs."""
_CHUNK: Final = 2**16
_SPACE: Final = re.compile(r"[ \t\r\n]*")


def _exact(number: str) -> Decimal | float:
    """Keep a decimal as it was written: `145.0` stays `145.0`, `0.1` gets no noise."""
    try:
        return Decimal(number)
    except InvalidOperation:  # an exponent beyond any sense
        return float(number)


_DECODER: Final = json.JSONDecoder(parse_float=_exact)


def read_json(stream: TextIO) -> Iterator[Row]:
    """Yield the rows of a `.json` file: an array, or else one object a line, as on the Hub."""
    window = _Window(stream)
    if window.peek() == "[":
        yield from _array(window)
    else:
        yield from read_json_lines(stream, window.text)


def read_json_lines(stream: TextIO, begun: str = "") -> Iterator[Row]:
    """Yield one row a line that is not blank; `begun` is what was already read of the stream."""
    for number, line in enumerate(_lines(stream, begun), start=1):
        if line is None:
            yield Row(
                number, BadRow(reason="too_long", detail=f"the line has over {MAX_ROW} characters")
            )
        elif line.strip():
            yield Row(number, _parsed(line))


def _lines(stream: TextIO, begun: str) -> Iterator[str | None]:
    """Yield the lines, None for one that is too long to hold."""
    *complete, rest = begun.split("\n")
    yield from complete
    while line := rest + stream.readline(MAX_ROW):
        rest = ""
        if len(line) < MAX_ROW or line.endswith("\n"):
            yield line
            continue
        while len(piece := stream.readline(MAX_ROW)) == MAX_ROW and not piece.endswith("\n"):
            pass
        yield None


def _parsed(line: str) -> dict[str, object] | BadRow:
    try:
        return _as_row(_DECODER.decode(line))
    except (ValueError, RecursionError) as error:
        return BadRow(reason="broken_json", detail=f"{error}: {shown(line.strip())}")


def _as_row(value: object) -> dict[str, object] | BadRow:
    if isinstance(value, dict):
        return value
    return BadRow(reason="not_an_object", detail=f"a row must be an object, not {shown(value)}")


class _Window:
    """The part of a text stream that is being read: it grows on demand and forgets the rest."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.text = ""
        self.at = 0

    def peek(self) -> str:
        """Return the next character that is no white space, or nothing at the end."""
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.grow():
                return ""

    def grow(self) -> bool:
        """Read as much again as is held, so that a long value is decoded few times."""
        held = self.text[self.at :]
        piece = self._stream.read(max(_CHUNK, len(held)))
        if piece:
            self.text, self.at = held + piece, 0
        return bool(piece)

    def value(self) -> object:
        """Return the next value and move past it; ValueError if there is none."""
        while True:
            trouble: Exception | None = None
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except (ValueError, RecursionError) as error:
                trouble, end = error, len(self.text)
            # A number that ends with the window may go on behind it.
            if end == len(self.text) and len(self.text) - self.at <= MAX_ROW and self.grow():
                continue
            if trouble is not None:
                raise ValueError(trouble)
            self.at = end
            return value


def _array(window: _Window) -> Iterator[Row]:
    """Yield the elements of an array; a break in it ends the reading, for nothing is sure then."""
    window.at += 1
    number = 0
    if window.peek() == "]":
        return
    mark = ","
    while mark == ",":
        number += 1
        window.peek()
        try:
            value = window.value()
        except ValueError as error:
            message = f"the JSON array breaks at its row {number}: {error}; nothing can be read on"
            raise ProblemError(message) from error
        yield Row(number, _as_row(value))
        mark = window.peek()
        window.at += 1
    if mark != "]" or window.peek():
        message = f"the JSON array breaks after its row {number}: {shown(mark or 'end of file')}"
        raise ProblemError(message)
