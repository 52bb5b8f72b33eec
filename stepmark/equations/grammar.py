"""Tokens to trees, by a grammar of our own.

sum    = term (("+" | "-") term)*
term   = factor (("*" | "/") factor | "of" factor | "(" sum ")")*
factor = "-" factor | atom ("^" factor)?
atom   = number unit? | "(" sum ")" unit? | variable | "sqrt" atom
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from stepmark.equations.tokens import Token
from stepmark.equations.trees import Function, Number, Operation, TooHardError, Tree, Variable

_SCALES: Final = {
    "percent": Fraction(1, 100), "dozen": Fraction(12), "hundred": Fraction(100),
    "thousand": Fraction(1000), "million": Fraction(10**6), "billion": Fraction(10**9),
}  # fmt: skip
_MAX_UNIT_WORDS: Final = 4
_MAX_DEPTH: Final = 30
_MAX_DIGITS: Final = 40
FUNCTIONS: Final = re.compile(
    r"sin|cos|tan|cot|sec|csc|log|ln|exp|theta|alpha|beta|gamma|pi|mod|sqrt|gcd|lcm|min|max",
    re.IGNORECASE,
)
"""Words that go on with an expression which is not read."""
_NO_UNITS: Final = re.compile(
    rf"and|or|is|are|was|so|then|if|that|which|since|because|plus|minus|times|of|{FUNCTIONS.pattern}",
    re.IGNORECASE,
)


class Parsed(NamedTuple):
    """The longest expression that begins at a token."""

    tree: Tree
    end: int
    """Index of the token after it."""


def parse(tokens: Sequence[Token], start: int, stop: int) -> Parsed | None:
    """Read the longest expression from token `start` on, before `stop`; None if there is none."""
    try:
        return _Parser(tokens, stop).sum(start, 0)
    except TooHardError:
        return None


class _Parser:
    """Recursive descent; every method returns what it read and where it stopped, or None."""

    def __init__(self, tokens: Sequence[Token], stop: int) -> None:
        self._tokens = tokens
        self._stop = stop

    def sum(self, at: int, depth: int) -> Parsed | None:
        """Read terms joined by + and -."""
        left = self._term(at, depth)
        while left is not None and self._text(left.end) in {"+", "-"}:
            right = self._term(left.end + 1, depth)
            if right is None:
                return left
            left = Parsed(Operation(self._text(left.end), left.tree, right.tree), right.end)
        return left

    def _term(self, at: int, depth: int) -> Parsed | None:
        left, divided = self._factor(at, depth), False
        while left is not None:
            sign, following = self._joined(left)
            if not sign:
                return left
            sign = "?" if sign == "·" and divided else sign
            divided = divided or sign == "/"
            right = self._factor(following, depth)
            if right is None:
                return left
            left = Parsed(Operation(sign, left.tree, right.tree), right.end)
        return left

    def _joined(self, left: Parsed) -> tuple[str, int]:
        """Return the sign that joins a factor to the next one, and where that begins."""
        text = self._text(left.end)
        if text in {"*", "/"}:
            return text, left.end + 1
        if text == "of" and _is_share(left.tree):
            return "*", left.end + 1 + (self._text(left.end + 1) in {"the", "these", "those"})
        touching = self._touches(left.end)
        closed = self._text(left.end - 1) == ")"
        applied = self._kind(left.end - 1) == "variable"  # f(2) is no product
        opens = text == "(" and (closed or (touching and not applied))
        letter = self._kind(left.end) == "variable" and (touching or (closed and text != "a"))
        return ("·", left.end) if opens or letter or text == "sqrt" else ("", left.end)

    def _factor(self, at: int, depth: int) -> Parsed | None:
        if depth > _MAX_DEPTH:
            raise TooHardError
        if self._text(at) == "-":
            inner = self._factor(at + 1, depth + 1)
            return inner and Parsed(Function("-", inner.tree), inner.end)
        base = self._atom(at, depth + 1)
        if base is None or self._text(base.end) != "^":
            return base
        power = self._factor(base.end + 1, depth + 1)
        return power and Parsed(Operation("^", base.tree, power.tree), power.end)

    def _atom(self, at: int, depth: int) -> Parsed | None:
        kind, text = self._kind(at), self._text(at)
        if kind == "number":
            return self._number(at)
        if kind == "variable":
            return Parsed(Variable(text), at + 1)
        if text == "sqrt":
            inner = self._atom(at + 1, depth + 1)
            return inner and Parsed(Function("sqrt", inner.tree), inner.end)
        if text == "(":
            inner = self.sum(at + 1, depth + 1)
            if inner is None or self._text(inner.end) != ")":
                return None
            return Parsed(inner.tree, self._after_unit(inner.end + 1)[1])
        return None

    def _number(self, at: int) -> Parsed | None:
        written = self._text(at).replace(",", "")
        if len(written) > _MAX_DIGITS:
            raise TooHardError
        value, end, scale = Fraction(written), at + 1, Fraction(1)
        mixed = self._mixed(end)
        if mixed is not None:
            value, end = value + mixed, end + 3
        if self._text(end) == "%":
            scale, end = _SCALES["percent"], end + 1
        elif self._text(end).lower() in _SCALES:
            scale, end = _SCALES[self._text(end).lower()], end + 1
        unit, end = self._after_unit(end)
        return Parsed(Number(value, len(written.partition(".")[2]), scale, unit), end)

    def _mixed(self, at: int) -> Fraction | None:
        """Read the `1/2` of `3 1/2`."""
        kinds = [self._kind(at), self._text(at + 1), self._kind(at + 2)]
        if kinds != ["number", "/", "number"] or self._text(at - 1).count("."):
            return None
        above, below = self._text(at), self._text(at + 2)
        proper = above.isdigit() and below.isdigit() and 0 < int(above) < int(below)
        return Fraction(int(above), int(below)) if proper else None

    def _after_unit(self, at: int) -> tuple[str, int]:
        """Skip the unit between a number and the sign, bracket or end that follows it."""
        end = at
        while end < at + _MAX_UNIT_WORDS and self._is_unit_word(end):
            end += 1
        while self._text(end) == "/" and self._kind(end + 1) == "word":
            end += 2
        ended = end >= self._stop or self._kind(end) == "sign"
        if end == at or not ended or self._text(end) in {"(", "^"}:
            return "", at
        return " ".join(self._text(place) for place in range(at, end)), end

    def _is_unit_word(self, at: int) -> bool:
        if self._kind(at) == "variable":
            return not self._touches(at) and self._text(at) in {"a", "h", "m", "s", "g", "l"}
        return self._kind(at) == "word" and not _NO_UNITS.fullmatch(self._text(at))

    def _touches(self, at: int) -> bool:
        return at < self._stop and self._tokens[at].start == self._tokens[at - 1].end

    def _kind(self, at: int) -> str:
        return self._tokens[at].kind if at < self._stop else ""

    def _text(self, at: int) -> str:
        return self._tokens[at].text if at < self._stop else ""


def _is_share(tree: Tree) -> bool:
    """Tell whether a part of something is meant: `20% of`, `1/3 of`."""
    if isinstance(tree, Number):
        return tree.scale < 1 or tree.value.denominator > 1
    return isinstance(tree, Operation) and tree.sign == "/"
