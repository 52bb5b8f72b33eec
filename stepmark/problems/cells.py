"""Turn the cells of a row into text, or say why they are none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from stepmark.problems.rows import BadRow, shown

MAX_TEXT: Final = 1_000_000
"""Characters a cell may have: a reference with its solution, tests, a whole solution."""
_PLAIN_EXPONENT: Final = 40

Content = Mapping[str, object]


def cell(row: Content, column: str) -> object:
    """Return the value of a column, None if it is null."""
    if column not in row:
        detail = f"the row has no column {shown(column)}; it has {shown(', '.join(row))}"
        raise BadRow(reason="missing_column", detail=detail)
    return row[column]


def text_of(row: Content, column: str) -> str:
    """Return a cell that must be text; null counts as empty."""
    value = cell(row, column)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(reason="wrong_type", detail=f"{column} must be text, not {shown(value)}")
    return _sound(value, column)


def texts_of(row: Content, column: str) -> tuple[str, ...]:
    """Return a cell that must be a list of texts; null counts as empty."""
    value = cell(row, column)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadRow(
            reason="wrong_type", detail=f"{column} must be a list of texts, not {shown(value)}"
        )
    for item in value:
        if not isinstance(item, str):
            raise BadRow(
                reason="wrong_type", detail=f"{column} must hold texts alone, not {shown(item)}"
            )
    if sum(map(len, value)) > MAX_TEXT:
        raise BadRow(reason="too_long", detail=f"{column} has over {MAX_TEXT} characters")
    return tuple(_sound(item, column) for item in value)


def lines_of(row: Content, column: str) -> str:
    """Return a cell that is text, or a list of texts joined by line breaks."""
    if isinstance(cell(row, column), list):
        return "\n".join(texts_of(row, column))
    return text_of(row, column)


def number_or_text(row: Content, column: str) -> str:
    """Return a cell that is text or a number, the number as it was written; null is empty."""
    value = cell(row, column)
    if isinstance(value, bool):
        raise BadRow(
            reason="wrong_type", detail=f"{column} must be text or a number, not {shown(value)}"
        )
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _decimal(Decimal(repr(value))) if math.isfinite(value) else ""
    if isinstance(value, Decimal):
        return _decimal(value)
    return text_of(row, column)


def _decimal(number: Decimal) -> str:
    """Write out all digits (`1E+2` is `100`) unless they would be absurdly many."""
    if not number.is_finite():
        return ""
    return str(number) if abs(number.adjusted()) > _PLAIN_EXPONENT else format(number, "f")


def _sound(text: str, column: str) -> str:
    """Return the text if it can be stored and sent."""
    if len(text) > MAX_TEXT:
        raise BadRow(
            reason="too_long", detail=f"{column} has {len(text)} characters, over {MAX_TEXT}"
        )
    if "\0" in text:
        at = text.index("\0")
        raise BadRow(
            reason="nul_byte",
            detail=f"{column} has a NUL at {at}: {shown(text[max(0, at - 20) :])}",
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        start = max(0, error.start - 20)
        detail = f"{column} is no UTF-8 at {error.start}: {shown(text[start:])}"
        raise BadRow(reason="not_utf8", detail=detail) from error
    return text
