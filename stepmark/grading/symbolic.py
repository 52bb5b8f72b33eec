r"""The slow stage: computer algebra on what no exact number decides. Runs in a worker process only.

math-verify's parser (latex2sympy2-extended) reads each side. Its comparison is not used as it is:
it rounds to six decimals, by which 1/2004! equals 1/2006!, and drops `\ldots` from lists.
`algebra` compares the parsed values instead. math-verify's own verdict is asked last, for what has
no value (functions, logic), and only its agreement both ways counts.

`refuse` turns away, before any work, what no such check can vouch for.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from stepmark.grading import algebra
from stepmark.grading.compare import compare_leaf
from stepmark.grading.exact import read_quantity
from stepmark.grading.normalise import normalise
from stepmark.grading.structure import MAX_DEPTH, Told, compare_parts, depth
from stepmark.grading.units import drop_unit

_MAX_CHARS = 300
_FUNCTIONS = re.compile(
    r"sin|cos|tan|cot|sec|csc|log|ln|exp|sqrt|arcsin|arccos|arctan|sinh|cosh|tanh|max|min|gcd|lcm|mod"
    r"|[pb]?matrix"
)
_COMMAND = re.compile(r"\\[a-zA-Z]+|[a-zA-Z]{3,}")
_HUGE = re.compile(r"\d{4,}!|\)!|!!|\}!|\^\{?\(?-?\d{4,}|\^\{[^{}]*\^|\d{120,}|\^\d\^")
_ELLIPSIS = re.compile(r"\\[lcvd]?dots[a-z]?(?![a-z])|\.\.")
_UNCLEAR = re.compile(
    r"/\s*\d+\s*(?:[a-zA-Z]|\\(?!\\|end|text|cdot|times|cup|cap|le|ge|pm|in\b|right|\}))|\d_"
)
_DEGREE = re.compile(r"\^\\circ")


class Expression(NamedTuple):
    """A parsed side."""

    value: Any
    """A SymPy object."""
    cased: frozenset[str]
    """Names of its variables, as written."""


def refuse(text: str) -> bool:
    """Whether a canonical text is not to be given to computer algebra at all."""
    if len(text) > _MAX_CHARS or depth(text) > MAX_DEPTH:
        return True
    if _ELLIPSIS.search(text) or _HUGE.search(text) or _UNCLEAR.search(text):
        return True
    words = [word for word in _COMMAND.findall(text) if word[0] != "\\"]
    return any(not _FUNCTIONS.fullmatch(word.lower()) for word in words)


def compare_symbolic(answer: str, reference: str) -> Told:
    """Compare two answers as fully as can be done. May run long: call it in a worker."""
    told = compare_parts(normalise(answer), normalise(reference), _compare_leaf)
    return "untold" if told == "ask" else told


def readable(reference: str) -> bool:
    """Whether a reference can be read by algebra and equals itself without a look at its text."""
    text = normalise(reference)
    return compare_parts(text, text, _compare_values) == "same"


def warm_up() -> None:
    """Import the algebra and use it once, so that a task's time limit does not pay for it."""
    _compare_both("\\frac{x}{2}", "0.5x")
    _compare_both("x>3", "(3,\\infty)")
    _compare_both("\\sin(\\pi)", "\\sqrt{2}")


def _compare_leaf(left: str, right: str) -> Told:
    told = compare_leaf(left, right)
    return told if told != "ask" else _compare_both(drop_unit(left), drop_unit(right))


def _compare_values(left: str, right: str) -> Told:
    return "same" if read_quantity(left) else _compare_both(drop_unit(left), drop_unit(right))


def _compare_both(left: str, right: str) -> Told:
    if refuse(left) or refuse(right):
        return "untold"
    one, other = _parse(left), _parse(right)
    if one is None or other is None:
        return "untold"
    same = algebra.same(one.value, other.value)
    if same is None:
        same = _second_opinion(one.value, other.value)
    if same is False and one.cased != other.cased and _folded(one) == _folded(other):
        return "untold"
    return "untold" if same is None else "same" if same else "different"


def _folded(expression: Expression) -> frozenset[str]:
    return frozenset(name.lower() for name in expression.cased)


def _parse(text: str) -> Expression | None:
    from latex2sympy2_extended.latex2sympy2 import ConversionConfig, latex2sympy
    from sympy import Basic, Float, I, MatrixBase, Rational, Symbol

    text = _DEGREE.sub(r"\\cdot\\frac{\\pi}{180}", text)
    try:
        value = latex2sympy(text, conversion_config=ConversionConfig(lowercase_symbols=False))
    except Exception:  # noqa: BLE001 - the parser raises bare Exception on text it cannot read
        return None
    if not isinstance(value, Basic | MatrixBase):
        return None
    value = value.replace(lambda part: isinstance(part, Float), lambda part: Rational(str(part)))
    value = value.xreplace({Symbol("i"): I})
    return Expression(value, frozenset(symbol.name for symbol in value.free_symbols))


def _second_opinion(one: Any, other: Any) -> bool | None:
    """Take math-verify's word for agreement, given both ways; its refusals tell nothing."""
    from math_verify import verify

    def agree() -> bool:
        return bool(
            verify(one, other, float_rounding=15, timeout_seconds=None)
            and verify(other, one, float_rounding=15, timeout_seconds=None)
        )

    return True if one.free_symbols == other.free_symbols and algebra.guard(agree) else None
