r"""The slow stage: computer algebra on what no exact number decides. Runs in a worker process only.

math-verify's parser (latex2sympy2-extended) reads each side. Its comparison is not used as it is:
it rounds to six decimals, by which 1/2004! equals 1/2006!, and drops `\ldots` from lists. Here

* constants must agree to 40 of 50 digits, relative to their size, with mpmath precision tracked;
* expressions with variables must agree at rational points, both signs;
* equations must be constant multiples of each other, inequalities and sets the same set;
* math-verify's own verdict is asked last, for what has no value (functions, logic), and only its
  agreement both ways counts.

`refuse` turns away, before any work, what no such check can vouch for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from stepmark.grading.compare import compare_leaf
from stepmark.grading.exact import read_quantity
from stepmark.grading.normalise import normalise
from stepmark.grading.structure import Told, compare_parts
from stepmark.grading.units import drop_unit

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_CHARS = 300
_MAX_DEPTH = 15
_DIGITS = 50
_AGREE = 40
_TRUSTED_BITS = 100
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
_POINTS = ((7, 3), (13, 5), (-11, 4))


class Expression(NamedTuple):
    """A parsed side."""

    value: Any
    """A SymPy object."""
    cased: frozenset[str]
    """Names of its variables, as written."""


def refuse(text: str) -> bool:
    """Whether a canonical text is not to be given to computer algebra at all."""
    if len(text) > _MAX_CHARS or _depth(text) > _MAX_DEPTH:
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
    """Import the algebra and compare once, so that a task's time limit does not pay for it."""
    _compare_both("\\frac{x}{2}", "0.5x")


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
    same = _same(one.value, other.value)
    if same is False and one.cased != other.cased and _folded(one) == _folded(other):
        return "untold"
    return "untold" if same is None else "same" if same else "different"


def _folded(expression: Expression) -> frozenset[str]:
    return frozenset(name.lower() for name in expression.cased)


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        deepest = max(deepest, depth)
    return deepest


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


def _same(one: Any, other: Any) -> bool | None:
    from sympy import Equality, Expr

    if one == other:
        return True
    if isinstance(one, Equality) and isinstance(other, Equality):
        return _same_equation(one, other)
    if isinstance(one, _matrices()) or isinstance(other, _matrices()):
        return _same_matrix(one, other)
    if not isinstance(one, Expr) or not isinstance(other, Expr):
        return _same_set(one, other)
    if one.is_infinite or other.is_infinite:
        return False if one.is_number and other.is_number else None
    told = _same_values(one, other)
    return told if told is not None else _second_opinion(one, other)


def _matrices() -> tuple[type, ...]:
    from sympy import MatrixBase, MatrixExpr

    return (MatrixBase, MatrixExpr)


def _same_matrix(one: Any, other: Any) -> bool | None:
    """Compare cell by cell, scalar factors multiplied out."""
    left, right = _cells(one), _cells(other)
    if left is None or right is None:
        return None
    if left.shape != right.shape:
        return False
    cells = [_same_values(a, b) for a, b in zip(left, right, strict=True)]
    return False if False in cells else None if None in cells else True


def _cells(value: Any) -> Any:
    from sympy import MatrixBase

    value = _guard(value.doit)
    return value if isinstance(value, MatrixBase) else None


def _same_values(one: Any, other: Any) -> bool | None:
    """Compare at points; agreement at positive points only (`sqrt(x^2)` and `x`) is not told."""
    symbols = sorted(one.free_symbols | other.free_symbols, key=lambda symbol: symbol.name)
    agreed = [
        _agree(one, other, _point(symbols, scale)) for scale in _POINTS[: 3 if symbols else 1]
    ]
    if all(agreed):
        return True
    return False if False in agreed[:2] else None


def _point(symbols: list[Any], scale: tuple[int, int]) -> dict[Any, Any]:
    from sympy import Rational, prime

    return {
        symbol: Rational(scale[0] * prime(place + 3), scale[1] * prime(place + 2))
        for place, symbol in enumerate(symbols)
    }


def _agree(one: Any, other: Any, point: dict[Any, Any]) -> bool | None:
    left, right = _value(one, point), _value(other, point)
    if left is None or right is None:
        return None
    if left == right:
        return True
    size = max(abs(left), abs(right))
    return bool(abs(left - right) <= size * 10**-_AGREE)


def _value(expression: Any, point: dict[Any, Any]) -> Any:
    """Evaluate to 50 digits as an exact mpmath number; None if it has no finite value."""
    from mpmath import mp
    from sympy import N
    from sympy.core.evalf import PrecisionExhausted

    try:
        number = N(expression.subs(point).doit(), _DIGITS, maxn=400)
    except (TypeError, ValueError, ArithmeticError, AttributeError, PrecisionExhausted):
        return None
    if (
        not number.is_number
        or number.is_finite is False
        or number.free_symbols
        or number.has(*_nan())
    ):
        return None
    mp.dps = _DIGITS + 10
    parts = [_clean(part) for part in number.as_real_imag()]
    return None if None in parts else mp.mpc(*parts)


def _clean(part: Any) -> Any:
    """Take a part as mpmath number; one whose digits cancelled out is a hidden zero."""
    from mpmath import mp

    if part.is_Rational:
        return mp.mpf(part.p) / part.q
    if not part.is_Float:
        return None
    lost = part._prec < _TRUSTED_BITS and abs(part) < 10**-_AGREE  # noqa: SLF001 - no public way
    return mp.mpf(0) if lost else mp.mpf(part._mpf_)


def _nan() -> tuple[Any, ...]:
    from sympy import nan, oo, zoo

    return (nan, oo, zoo)


def _same_equation(one: Any, other: Any) -> bool | None:
    """Equal if the differences of the sides are constant multiples of each other."""
    left, right = one.lhs - one.rhs, other.lhs - other.rhs
    if left.free_symbols != right.free_symbols:
        return False if one.free_symbols and other.free_symbols else None
    multiple = _multiple(left, right)
    if multiple is not None:
        return True
    polynomial = left.is_polynomial() and right.is_polynomial()
    return False if polynomial else None


def _multiple(left: Any, right: Any) -> Any:
    """Return the constant by which the two differ, or None."""
    symbols = sorted(left.free_symbols, key=lambda symbol: symbol.name)
    ratios = []
    for scale in _POINTS:
        point = _point(symbols, scale)
        above, below = _value(left, point), _value(right, point)
        if above is None or below is None or not above or not below:
            return None
        ratios.append(above / below)
    close = all(abs(ratio - ratios[0]) <= abs(ratios[0]) * 10**-_AGREE for ratio in ratios)
    return ratios[0] if close else None


def _same_set(one: Any, other: Any) -> bool | None:
    """Compare sets, and inequalities in one variable as the sets they describe."""
    left, right = _as_set(one), _as_set(other)
    if left is None or right is None:
        return _second_opinion(one, other)
    if left == right:
        return True
    empty: bool | None = _guard(lambda: left.symmetric_difference(right).is_empty)
    return empty


def _as_set(value: Any) -> Any:
    from sympy import Equality, Expr, Set
    from sympy.core.relational import Relational
    from sympy.logic.boolalg import Boolean

    if isinstance(value, Expr | Equality):
        return None
    if isinstance(value, Set):
        return value.doit()
    if isinstance(value, Relational | Boolean) and len(value.free_symbols) == 1:
        return _guard(lambda: value.doit().as_set())
    return None


def _guard(compute: Callable[[], Any]) -> Any:
    try:
        return compute()
    except (TypeError, ValueError, ArithmeticError, AttributeError, NotImplementedError):
        return None


def _second_opinion(one: Any, other: Any) -> bool | None:
    """Take math-verify's word for agreement, given both ways; its refusals tell nothing."""
    from math_verify import verify

    def agree() -> bool:
        return bool(
            verify(one, other, float_rounding=15, timeout_seconds=None)
            and verify(other, one, float_rounding=15, timeout_seconds=None)
        )

    return True if one.free_symbols == other.free_symbols and _guard(agree) else None
