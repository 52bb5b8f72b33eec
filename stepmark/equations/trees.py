"""What an equation's side says, as a tree of plain tuples, and its exact value.

Trees hold numbers, letters and signs, so that nothing that a model wrote is ever handed to a parser
that evaluates: neither Python's nor SymPy's, which is built on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final, NamedTuple


class Number(NamedTuple):
    """A number with what follows it."""

    value: Fraction
    """The number as written."""
    places: int = 0
    """Decimal places it is written with."""
    scale: Fraction = Fraction(1)
    """What `%` or `dozen` after it is worth, which a reader may leave out."""
    unit: str = ""
    """The words after it."""


class Variable(NamedTuple):
    """A letter."""

    name: str


class Operation(NamedTuple):
    """Two operands and `+`, `-`, `*`, `/` or `^`.

    A product without a sign is `·`, or `?` where it may belong to a divisor: `6 / 2(3)`.
    """

    sign: str
    left: Tree
    right: Tree


class Function(NamedTuple):
    """`-` or `sqrt` of one operand."""

    name: str
    operand: Tree


Tree = Number | Variable | Operation | Function
Values = Mapping[str, Fraction]

_MAX_EXPONENT: Final = 64
_MAX_BITS: Final = 4096


class TooHardError(Exception):
    """An expression that is not worked out: too deep, too large, divided by zero, not rational."""


def is_bare(tree: Tree) -> bool:
    """Tell whether a side is a single number or letter, so that nothing is worked out in it."""
    inner = tree.operand if isinstance(tree, Function) and tree.name == "-" else tree
    return isinstance(inner, Number | Variable)


def is_mixed(tree: Tree) -> bool:
    """Tell a mixed number, `3 1/2`: the one number that is no decimal and not whole."""
    return isinstance(tree, Number) and not tree.places and tree.value.denominator > 1


def as_products(tree: Tree) -> Tree:
    """Return a tree with its mixed numbers read as products: `3 1/2` is 3 times 1/2."""
    if isinstance(tree, Operation):
        return tree._replace(left=as_products(tree.left), right=as_products(tree.right))
    if isinstance(tree, Function):
        return tree._replace(operand=as_products(tree.operand))
    if isinstance(tree, Number) and is_mixed(tree):
        whole = tree.value // 1
        return tree._replace(value=whole * (tree.value - whole))
    return tree


def leaves(tree: Tree) -> Iterator[Number | Variable]:
    """Yield the numbers and variables of a tree, from left to right."""
    if isinstance(tree, Operation):
        yield from leaves(tree.left)
        yield from leaves(tree.right)
    elif isinstance(tree, Function):
        yield from leaves(tree.operand)
    else:
        yield tree


def operations(tree: Tree) -> Iterator[Operation]:
    """Yield the operations of a tree."""
    if isinstance(tree, Operation):
        yield tree
        yield from operations(tree.left)
        yield from operations(tree.right)
    elif isinstance(tree, Function):
        yield from operations(tree.operand)


def variables(tree: Tree) -> frozenset[str]:
    """Return the names of a tree's variables."""
    return frozenset(leaf.name for leaf in leaves(tree) if isinstance(leaf, Variable))


def value(tree: Tree, known: Values, *, scaled: bool) -> Fraction:
    """Return the exact value of a tree.

    Args:
        tree: what to work out.
        known: values of variables.
        scaled: whether `%` and `dozen` count, or are left out as units are.

    Raises:
        TooHardError: a variable is not known, or the value is not a rational of bearable size.
    """
    if isinstance(tree, Number):
        return tree.value * tree.scale if scaled else tree.value
    if isinstance(tree, Variable):
        if tree.name not in known:
            raise TooHardError
        return known[tree.name]
    if isinstance(tree, Function):
        operand = value(tree.operand, known, scaled=scaled)
        return -operand if tree.name == "-" else _root(operand)
    left = value(tree.left, known, scaled=scaled)
    return _bounded(_apply(tree.sign, left, value(tree.right, known, scaled=scaled)))


def _apply(sign: str, left: Fraction, right: Fraction) -> Fraction:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign in {"*", "·", "?"}:
        return left * right
    if sign == "/":
        if right == 0:
            raise TooHardError
        return left / right
    if right.denominator != 1 or abs(right) > _MAX_EXPONENT or (left == 0 and right <= 0):
        raise TooHardError
    return _bounded(left) ** int(right)


def _bounded(number: Fraction) -> Fraction:
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > _MAX_BITS:
        raise TooHardError
    return number


def _root(number: Fraction) -> Fraction:
    if number < 0:
        raise TooHardError
    above, below = math.isqrt(number.numerator), math.isqrt(number.denominator)
    if above * above != number.numerator or below * below != number.denominator:
        raise TooHardError
    return Fraction(above, below)
