"""Whether two sides are equal, exactly; what may be meant otherwise is `unclear`.

An equality fails only if no reading of it holds: with and without what `%` and `dozen` are worth,
rounded or cut to the places it is written with. Then there are excuses, each a reading that cannot
be checked here: units of one kind that differ, a percentage that is added, a result rounded to a
whole number without saying so, numbers that were rounded before, a mixed number that is a product,
`5 + 3 = 8 * 2 = 16`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from stepmark.equations.trees import (
    Function,
    Number,
    Operation,
    TooHardError,
    Tree,
    Values,
    Variable,
    as_products,
    is_bare,
    leaves,
    operations,
    value,
    variables,
)
from stepmark.grading.units import unit_named

Status = Literal["holds", "fails", "unclear", "ask"]
"""`ask` is for computer algebra: the sides have letters or roots."""

Pairs = list[tuple[Fraction, Fraction]]
"""What both sides are worth, by each reading of them."""

_MOST_DRIFT: Final = Fraction(1, 20)
_HUNDRED: Final = frozenset((Fraction(100), Fraction(1, 100)))
_PROBES: Final = (Fraction(7, 3), Fraction(-11, 5), Fraction(13, 17))
_ROUNDS: Final = re.compile(r"round|approx|about|nearest|roughly|whole|estimat", re.IGNORECASE)
_SCALED: Final = re.compile(r"\b(?:dozens?|hundreds?|thousands?|millions?|billions?|pairs?)\b")
_DENIES: Final = re.compile(
    r"\b(?:false|untrue|wrong|(?:a|the|my) mistake|mistaken|incorrect|invalid|impossible|absurd"
    r"|contradict\w*|fails?|cannot (?:be|hold)|borrow|carry|base|p?mod(?:ulo)?|congruent)\b"
    r"|(?:\bnot|n['’]t) (?:be|true|equal|possible|correct|right|valid|hold|match|add up)\b",
    re.IGNORECASE,
)
"""What steps say that look at an equation without asserting it, or count in another base or round a
modulus."""
_CLOCK: Final = re.compile(r"\bo['’]?clock\b|\d ?[ap]\.?m\b|\bnoon\b|\bmidnight\b", re.IGNORECASE)
_HOURS: Final = 12
_CENTS: Final = re.compile(r"\bcents?\b|¢", re.IGNORECASE)


class Equality(NamedTuple):
    """Two sides that are said to be equal."""

    left: Tree
    right: Tree
    text: str
    """As it stands in the step, LaTeX written out."""
    unit: str
    """The words after the right side."""
    step: str
    """The step, which may say that it rounds."""
    supposed: bool = False
    """Whether it is only supposed: `Suppose 2 + 2 = 5`."""
    one_name: bool = False
    """Whether both are what one name is worth, so that they are equal whatever their letters are.
    Else an equation in letters may be a condition."""


def status(said: Equality, known: Values) -> Status | None:
    """Return whether an equality holds, given the values of letters; None if that cannot be told.

    Neither an equation in a letter that is not known nor a formula in words claims anything that
    could be checked.
    """
    pairs = list(_pairs(said.left, said.right, known))
    if not pairs:
        return _symbolic(said, known)
    if any(one == other for one, other in pairs):
        return "holds"
    if is_bare(said.right):
        (leaf,) = leaves(said.right)
        if any(_is_cut(one, other, leaf) for one, other in pairs):
            exact = isinstance(leaf, Number) and leaf.places
            return "holds" if exact or _ROUNDS.search(said.step) else "unclear"
    return "unclear" if _multiplies(said, known) or _excused(said, pairs) else "fails"


def _pairs(left: Tree, right: Tree, known: Values) -> Iterator[tuple[Fraction, Fraction]]:
    for one, other in itertools.product(_readings(left), _readings(right)):
        try:
            yield value(left, known, scaled=one), value(right, known, scaled=other)
        except TooHardError:
            return


def _readings(tree: Tree) -> tuple[bool, ...]:
    scaled = any(isinstance(leaf, Number) and leaf.scale != 1 for leaf in leaves(tree))
    return (True, False) if scaled else (True,)


def _is_cut(one: Fraction, other: Fraction, leaf: Number | Variable) -> bool:
    """Tell whether a side is the other but for what its places cut off: `1/3 = 33%`.

    Args:
        one: what the left side is worth.
        other: what the right side is, by the same reading.
        leaf: the number or letter that the right side is.
    """
    last = Fraction(1)
    if isinstance(leaf, Number):
        scale = abs(other / leaf.value) if leaf.value else 1
        last = scale / Fraction(10**leaf.places)
    return (other / last).denominator == 1 and abs(one - other) < last


def _multiplies(said: Equality, known: Values) -> bool:
    r"""Tell whether mixed numbers may be meant as products: `4\frac{1}{2} = 2`."""
    pairs = _pairs(as_products(said.left), as_products(said.right), known)
    return any(one == other for one, other in pairs)


def _symbolic(said: Equality, known: Values) -> Status | None:
    """Ask computer algebra about roots, and about letters where a few numbers put in agree."""
    left, right = said.left, said.right
    names = sorted((variables(left) | variables(right)) - known.keys())
    if not names:
        return "ask" if _has_root(left) or _has_root(right) else None
    if is_bare(left) or is_bare(right) or not (variables(left) and variables(right)):
        return None
    for probe in _PROBES:
        tried = {**known, **{name: probe + place for place, name in enumerate(names)}}
        pairs = list(_pairs(left, right, tried))
        if not any(one == other for one, other in pairs):
            letters_kept = variables(left) == variables(right)
            return "fails" if said.one_name and letters_kept and pairs else None
    return "ask"


def _has_root(tree: Tree) -> bool:
    if isinstance(tree, Function):
        return tree.name == "sqrt" or _has_root(tree.operand)
    return isinstance(tree, Operation) and (_has_root(tree.left) or _has_root(tree.right))


def _excused(said: Equality, pairs: Pairs) -> bool:
    sides = said.left, said.right
    drift = _drift(sides)
    return (
        said.supposed
        or _DENIES.search(said.step) is not None
        or _goes_round(said, pairs)
        or _mixes_units(said)
        or _adds_unlike(said)
        or any(_adds_percent(side) or _is_ambiguous(side) for side in sides)
        or any(one and other and one / other in _HUNDRED for one, other in pairs)
        or any(abs(one - other) <= drift * max(abs(one), abs(other)) for one, other in pairs)
        or _runs_on(said, pairs)
    )


def _goes_round(said: Equality, pairs: Pairs) -> bool:
    """Tell hours of a clock: `11 + 3 = 2 o'clock`."""
    clock = _CLOCK.search(said.step) is not None
    return clock and any((one - other) % _HOURS == 0 for one, other in pairs)


def _units(*sides: Tree) -> list[str]:
    return [
        leaf.unit
        for side in sides
        for leaf in leaves(side)
        if isinstance(leaf, Number) and leaf.unit
    ]


def _mixes_units(said: Equality) -> bool:
    """Tell hours beside minutes, or dollars beside cents."""
    if "$" in said.text and _CENTS.search(f"{said.text} {said.unit}"):
        return True
    if any(_SCALED.search(unit) for unit in _units(said.left, said.right)):
        return True
    sizes: dict[str, Fraction] = {}
    for words in [*_units(said.left, said.right), *([said.unit] if said.unit else [])]:
        unit = unit_named(words.split(" ")[0])
        if unit.dimension and sizes.setdefault(unit.dimension, unit.factor) != unit.factor:
            return True
    return False


def _adds_unlike(said: Equality) -> bool:
    """Tell a sum of unlike things that makes a third: `3 pencils + 1 eraser = 124 cents`."""
    if not isinstance(said.left, Operation) or said.left.sign not in {"+", "-"}:
        return False
    added, (result, *_) = set(_units(said.left)), [*_units(said.right), said.unit]
    return bool(result) and len(added) > 1 and result not in added


def _adds_percent(tree: Tree) -> bool:
    return any(
        isinstance(side, Number) and side.scale < 1
        for each in operations(tree)
        if each.sign in {"+", "-"}
        for side in (each.left, each.right)
    )


def _is_ambiguous(tree: Tree) -> bool:
    """Tell whether a product without a sign follows a division: `6 / 2(3)`."""
    return any(each.sign == "?" for each in operations(tree))


def _drift(sides: tuple[Tree, Tree]) -> Fraction:
    """Return how far off a result may be if the decimals in it were rounded before, as a share."""
    decimals = [
        Fraction(1, 2 * 10**leaf.places) / leaf.value
        for side in sides
        for leaf in leaves(side)
        if isinstance(leaf, Number) and leaf.places and leaf.value
    ]
    return min(_MOST_DRIFT, sum(decimals, Fraction(0)))


def _runs_on(said: Equality, pairs: Pairs) -> bool:
    """Tell whether the right side goes on from the result: `5 + 3 = 8 * 2 = 16`.

    A side that keeps numbers of the left one is no new calculation but a wrong simplification.
    """
    if is_bare(said.left) or not isinstance(said.right, Operation):
        return False
    kept = {leaf.value for leaf in leaves(said.left) if isinstance(leaf, Number)}
    numbers = [leaf.value for leaf in leaves(said.right) if isinstance(leaf, Number)]
    if not numbers or numbers[0] in kept or kept.issuperset(numbers[1:]):
        return False
    return any(one == numbers[0] for one, _ in pairs)
