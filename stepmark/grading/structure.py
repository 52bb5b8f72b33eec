r"""Answers with parts: tuples, intervals, lists, sets, unions, matrices, `\pm`, and equations.

Parts are compared by a `leaf` function given by the caller, so the same walk serves the fast stage
(which may say `ask`) and the symbolic worker. Order counts in tuples, intervals and matrices; it
does not in sets, unions and bare lists (`1, -2`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

Told = Literal["same", "different", "untold", "ask"]
Leaf = Callable[[str, str], Told]


class Parts(NamedTuple):
    """An answer taken apart one level."""

    form: str
    """`tuple`, `square`, `mixed` (half-open interval), `set`, `list`, `union` or `matrix`."""
    brackets: str
    """The opening and closing bracket; empty where there are none."""
    items: tuple[str, ...]
    """The parts; rows of a matrix are joined by `;` cells."""
    shape: tuple[int, ...] = ()
    """Cells in each row of a matrix."""


MAX_DEPTH = 15
"""Brackets within brackets up to which an answer is taken apart, or given to algebra."""

_MAX_ITEMS = 24
_ENDS = 2
_MATRIX = re.compile(r"\\begin\{([pbB]?matrix|array)\}(?:\{[clr|]*\})?(.*)\\end\{\1\}", re.DOTALL)
_OPENERS, _CLOSERS = "([{", ")]}"
_VARIABLE = re.compile(
    r"(?:[a-zA-Z]|\\[a-z]+(?<!\\frac)(?<!\\sqrt))(?:_\w|_\{\w+\})?(?:\([a-z](?:,[a-z])*\))?\s?"
)
_IN = re.compile(r"[a-zA-Z]\\in\s?(?=[\[({\\])")
_ARITHMETIC = re.compile(r"[-+*/^().,\d\s$%{}]*(?:\\(?:times|cdot|frac|div)[-+*/^().,\d\s$%{}]*)*")
_NAME = re.compile(r"[A-Za-z][A-Za-z' -]+")
_SET_VALUED = re.compile(
    r"[=<>&]|\\(?:le|ge|ne|in|mathbb|emptyset|varnothing|cup|cap|begin)(?![a-z])"
)
_ONE_NUMBER = re.compile(r"[+-]?[$€£]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?:%| [a-z ]+)?")
"""What may be one number with its thousands apart, or a list: the other side decides."""
_UNORDERED = frozenset(("set", "list", "union"))


def compare_parts(one: str, other: str, leaf: Leaf) -> Told:
    """Compare two canonical texts, taking them apart as far as both come apart."""
    if ("\\approx" in one) != ("\\approx" in other):
        return _either(one, other, leaf)
    one, other = _drop_variable(one, other)
    left, right = take_apart(one), take_apart(other)
    if left is None and right is None:
        return leaf(one, other)
    if left is None or right is None:
        return _against_single(one, other, left or right, leaf)
    if left.form in _UNORDERED and right.form in _UNORDERED:
        return _match(left.items, right.items, leaf, unions=left.form == right.form == "union")
    return _ordered(left, right, leaf)


def _either(one: str, other: str, leaf: Leaf) -> Told:
    r"""Compare an answer with both sides of `\frac{2}{3} \approx 0.67`: either will do."""
    pairs = [(a, b) for a in one.split("\\approx") for b in other.split("\\approx")]
    tolds = {compare_parts(a.strip(), b.strip(), leaf) for a, b in pairs}
    if "same" in tolds or len(tolds) == 1:
        return "same" if "same" in tolds else tolds.pop()
    return "ask" if "ask" in tolds else "untold"


def take_apart(text: str) -> Parts | None:
    r"""Split a text into its parts, or return None for a single expression."""
    matrix = _MATRIX.fullmatch(text)
    if matrix:
        rows = [row.split("&") for row in re.split(r"\\\\", matrix[2]) if row.strip()]
        cells = tuple(cell.strip() for row in rows for cell in row)
        return Parts("matrix", "", cells, tuple(len(row) for row in rows))
    if "\\pm" in text and "," not in text:
        upper = text.replace("\\pm", "+").replace("\\mp", "-")
        lower = text.replace("\\pm", "-").replace("\\mp", "+")
        return Parts("list", "", _same_variable([_tidy(upper), _tidy(lower)]))
    pieces = split_top(text, "\\cup")
    if len(pieces) > 1:
        return Parts("union", "", pieces)
    bare = split_top(re.sub(r"(?<![a-zA-Z\\])(?:and|or)(?![a-zA-Z])", ",", text), ",")
    if len(bare) > 1:
        return Parts("list", "", _spread(bare))
    return _bracketed(text)


def _bracketed(text: str) -> Parts | None:
    if text.startswith("\\{") and text.endswith("\\}"):
        return Parts("set", "{}", _spread(split_top(text[2:-2], ",")))
    if text[:1] not in ("(", "[") or text[-1:] not in (")", "]") or not _one_bracket(text):
        return None
    items = split_top(text[1:-1], ",")
    if len(items) <= 1:
        return None
    form = {"()": "tuple", "[]": "square"}.get(text[0] + text[-1], "mixed")
    return Parts(form, text[0] + text[-1], items)


def depth(text: str) -> int:
    """Count how deep the brackets of a text nest."""
    level = deepest = 0
    for char in text:
        level += (char in _OPENERS) - (char in _CLOSERS)
        deepest = max(deepest, level)
    return deepest


def split_top(text: str, separator: str) -> tuple[str, ...]:
    """Split at a separator outside all brackets, and strip the pieces."""
    pieces, depth, start, index = [], 0, 0, 0
    while index < len(text):
        if text[index] in _OPENERS:
            depth += 1
        elif text[index] in _CLOSERS:
            depth -= 1
        elif depth == 0 and text.startswith(separator, index):
            pieces.append(text[start:index].strip())
            start = index + len(separator)
            index = start - 1
        index += 1
    pieces.append(text[start:].strip())
    return tuple(piece for piece in pieces if piece)


def _one_bracket(text: str) -> bool:
    """Whether the first bracket is closed by the last character: not so in `(1,2),(3,4)`."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char in _OPENERS) - (char in _CLOSERS)
        if depth == 0:
            return index == len(text) - 1
    return False


def _spread(items: Sequence[str]) -> tuple[str, ...]:
    r"""Expand `1\pm\sqrt{5}` among the items, and drop `x=` before each."""
    spread: list[str] = []
    for item in items:
        parts = take_apart(item) if "\\pm" in item else None
        spread.extend(parts.items if parts else (item,))
    return _same_variable(spread)


def _same_variable(items: list[str]) -> tuple[str, ...]:
    """Drop the `x=` of `x=1, x=2` and of `x=1, 2`."""
    variable, equals, _ = items[0].partition("=") if items else ("", "", "")
    if equals and all("=" not in item or item.startswith(variable + "=") for item in items):
        return tuple(item.rpartition("=")[2].strip() for item in items)
    return tuple(items)


def _tidy(text: str) -> str:
    return text.removeprefix("+")


def _drop_variable(one: str, other: str) -> tuple[str, str]:
    r"""Reduce `x=5` to 5 when the other side has no variable or the same one; also `x \in S`."""
    one, other = _IN.sub("", one, count=1), _IN.sub("", other, count=1)
    if "=" in one and "=" in other:
        left, right = one.partition("="), other.partition("=")
        if left[0] == right[0] and _VARIABLE.fullmatch(left[0]):
            return left[2].strip(), right[2].strip()
        return one, other
    return _value_side(one), _value_side(other)


def _value_side(text: str) -> str:
    if "=" not in text or "\\ne" in text:
        return text
    left, _, value = text.rpartition("=")
    if not _ONE_NUMBER.fullmatch(value.strip()) and take_apart(text) is not None:
        return text
    head = left.split("=")
    named = _VARIABLE.fullmatch(head[0].strip()) or _NAME.fullmatch(head[0].strip())
    if named or all(_ARITHMETIC.fullmatch(part) for part in head):
        return value.strip()
    return text


def _against_single(one: str, other: str, parts: Parts | None, leaf: Leaf) -> Told:
    """Compare parts with an expression: it must equal each of a list, and may describe a set."""
    single, many = (other, one) if take_apart(other) is None else (one, other)
    if re.fullmatch(r"[A-Za-z ]{2,}", single):
        return "untold"
    if parts is None or parts.form == "union" or _ONE_NUMBER.fullmatch(many):
        return leaf(one, other)
    if parts.form in _UNORDERED and parts.items and not _SET_VALUED.search(single):
        return _all([compare_parts(item, single, leaf) for item in parts.items])
    return "different" if re.fullmatch(r"-?[\d.]+", single) else leaf(one, other)


def _ordered(left: Parts, right: Parts, leaf: Leaf) -> Told:
    if left.shape != right.shape and "matrix" in (left.form, right.form):
        flat = _all([leaf(a, b) for a, b in zip(left.items, right.items, strict=False)])
        vector = len(left.items) == len(right.items) and flat != "different"
        return "untold" if vector else "different"
    if len(left.items) != len(right.items):
        return "different"
    told = _all([compare_parts(a, b, leaf) for a, b in zip(left.items, right.items, strict=True)])
    if told == "different":
        loose = "list" in (left.form, right.form) or "set" in (left.form, right.form)
        return "untold" if loose and _match(left.items, right.items, leaf) != "different" else told
    if left.form == right.form or "list" in (left.form, right.form):
        return told
    if "set" in (left.form, right.form):
        return "untold"
    return "different" if len(left.items) == _ENDS else told


def _match(left: Sequence[str], right: Sequence[str], leaf: Leaf, *, unions: bool = False) -> Told:
    """Match two collections regardless of order."""
    left, right = tuple(dict.fromkeys(left)), tuple(dict.fromkeys(right))
    if len(left) != len(right):
        return "ask" if unions else "different"
    if len(left) > _MAX_ITEMS:
        return "untold"
    remaining = list(right)
    unmatched: list[set[Told]] = []
    for item in left:
        tolds = [compare_parts(item, candidate, leaf) for candidate in remaining]
        if "same" in tolds:
            remaining.pop(tolds.index("same"))
        else:
            unmatched.append(set(tolds))
    if not unmatched:
        return "same"
    if any(tolds == {"different"} for tolds in unmatched) and not unions:
        return "different"
    return "ask" if unions or any("ask" in tolds for tolds in unmatched) else "untold"


def _all(tolds: Sequence[Told]) -> Told:
    told: Told
    for told in ("different", "ask", "untold"):
        if told in tolds:
            return told
    return "same"
