"""Multiple choice: find the one option letter an answer names, and never take the article "A"."""

from __future__ import annotations

import re

_MARKS = re.compile(r"\\(?:text(?:bf|rm|it)?|mathrm|mathbf|boxed|mbox)\s*|\\[()\[\]]|[${}*_`\"]")
_ALONE = re.compile(r"[(\[]?([A-Za-z])[)\]]?[.:,;!]?")
_LEADING = re.compile(
    r"(?:(?:option|choice|answer|letter)s?\s*:?\s*)?"
    r"(?:[(\[]([A-Za-z])[)\]]|([A-Z])(?=[.):,;]\s)|([B-HJ-Z])(?=\s))(?!\s*(?:and|or|&|/)\b).*",
    re.DOTALL,
)
_NAMED = re.compile(
    r"(?i:option|choice|letter)(?:\s*:?\s*[(\[]?|\s+is:?\s+[(\[]?(?=[A-Z](?:[)\].:,]|\s*$)))([A-Z])\b"
)
_BRACKETED = re.compile(r"[(\[]([A-Z])[)\]]")
_IS_RIGHT = re.compile(
    r"(?:[(\[]([A-Z])[)\]]|(?i:option|choice)\s+([A-Z]))\s+(?i:is\s+(?:the\s+)?(?:correct|right|best|answer))"
)
_STARTS_LINE = re.compile(r"^[ \t]*[(\[]?([A-Z])[)\].:]\s", re.MULTILINE)


def read_letter(text: str) -> str | None:
    """Return the option letter that a stated answer names, or None if none or several are named."""
    text = _MARKS.sub("", text).strip()
    alone = _ALONE.fullmatch(text)
    if alone:
        return alone[1].upper()
    if len(set(_BRACKETED.findall(text))) > 1:
        return None
    leading = _LEADING.fullmatch(text)
    if leading:
        letter: str = leading[1] or leading[2] or leading[3]
        return letter.upper()
    named = set(_NAMED.findall(text)) or set(_BRACKETED.findall(text))
    return named.pop() if len(named) == 1 else None


def find_letter(text: str) -> str | None:
    """Find the letter where no answer phrase is used: `(B) is correct`, a last line `B`."""
    right: list[str] = [left or other for left, other in _IS_RIGHT.findall(text)]
    if right:
        return right[-1]
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    last = _MARKS.sub("", lines[-1]).strip()
    alone = _ALONE.fullmatch(last)
    if alone and alone[1].isupper():
        return alone[1]
    named: set[str] = set(_BRACKETED.findall(last)) | set(_NAMED.findall(last))
    if len(named) == 1:
        return named.pop()
    return _opening_letter(_MARKS.sub("", text))


def _opening_letter(text: str) -> str | None:
    """The letter that opens the text (`B. Paris`), unless other lines open with letters too."""
    starts: list[str] = _STARTS_LINE.findall(text)
    return starts[0] if len(starts) == 1 and _STARTS_LINE.match(text) else None
