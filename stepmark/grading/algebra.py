"""Whether two SymPy values are equal, shown by numbers and not by simplification.

* Constants must agree to 40 of 50 digits, relative to their size; digits lost to cancellation are
  tracked.
* Expressions with variables must agree at rational points; agreement where the variables are
  positive alone is not told.
* Equations must be constant multiples of each other, inequalities and sets the same set, matrices
  equal cell by cell.

May run long, so it is called in a worker only. SymPy is imported there, not with this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_DIGITS = 50
_AGREE = 40
_TRUSTED_BITS = 100
_POINTS = ((7, 3), (13, 5), (-11, 4))


def same(one: Any, other: Any) -> bool | None:
    """Return whether two values are equal, or None if that could not be told."""
    from sympy import Equality, Expr, oo

    if one == other:
        return True
    if isinstance(one, Equality) and isinstance(other, Equality):
        return _same_equation(one, other)
    if isinstance(one, _matrices()) or isinstance(other, _matrices()):
        return _same_matrix(one, other)
    if not isinstance(one, Expr) or not isinstance(other, Expr):
        return _same_set(one, other)
    if one in (oo, -oo) or other in (oo, -oo):
        return False if one.is_number and other.is_number else None
    return _same_values(one, other)


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

    value = guard(value.doit)
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
        return None
    if left == right:
        return True
    empty: bool | None = guard(lambda: left.symmetric_difference(right).is_empty)
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
        return guard(lambda: value.doit().as_set())
    return None


def guard(compute: Callable[[], Any]) -> Any:
    """Compute, or return None where SymPy gives up in one of its usual ways."""
    try:
        return compute()
    except (TypeError, ValueError, ArithmeticError, AttributeError, NotImplementedError):
        return None
