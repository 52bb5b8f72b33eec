"""Computer algebra on trees, for roots and letters: runs in a worker process, where it may hang.

SymPy's own parser evaluates Python, so it never sees a text: its objects are made here from the
trees of our grammar, which hold numbers, letters and signs and nothing else.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final, Literal

from stepmark.equations.trees import Function, Number, Operation, Tree, Variable, is_bare, leaves

Told = Literal["holds", "fails", "unclear"]

_FAR: Final = Fraction(1, 20)
_MAX_EXPONENT: Final = 64


def compare(left: Tree, right: Tree) -> Told:
    """Return whether two sides are equal: for all values of their letters, if they have any."""
    from sympy import expand, simplify

    gap = _as_sympy(left) - _as_sympy(right)
    if expand(gap) == 0 or simplify(gap) == 0:
        return "holds"
    if gap.free_symbols or not gap.is_real:
        return "unclear"
    size, off = abs(_as_sympy(left).evalf(30)), abs(gap.evalf(30))
    places = max((leaf.places for leaf in leaves(right) if isinstance(leaf, Number)), default=0)
    if is_bare(right) and places and off < Fraction(1, 10**places):
        return "holds"
    return "fails" if off > _FAR * size else "unclear"


def _as_sympy(tree: Tree) -> Any:
    from sympy import Rational, Symbol, sqrt

    if isinstance(tree, Number):
        number = tree.value * tree.scale
        return Rational(number.numerator, number.denominator)
    if isinstance(tree, Variable):
        return Symbol(tree.name, real=True)
    if isinstance(tree, Function):
        operand = _as_sympy(tree.operand)
        return -operand if tree.name == "-" else sqrt(operand)
    return _apply(tree, _as_sympy(tree.left), _as_sympy(tree.right))


def _apply(tree: Operation, left: Any, right: Any) -> Any:
    if tree.sign == "+":
        return left + right
    if tree.sign == "-":
        return left - right
    if tree.sign == "/":
        return left / right
    if tree.sign == "^":
        if not right.is_number or abs(right) > _MAX_EXPONENT:
            raise ValueError(f"a power of {right} is not worked out")
        return left**right
    return left * right
