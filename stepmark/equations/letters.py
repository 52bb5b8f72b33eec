"""What the letters of a solution are worth: defined (`x = 5`) or solved for (`2x = 10`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from stepmark.equations.find import Chain
from stepmark.equations.trees import (
    TooHardError,
    Tree,
    Values,
    Variable,
    operations,
    value,
    variables,
)

_SUPPOSES: Final = re.compile(
    r"\b(?:if|cases?|suppos\w+|assum\w+|or|other|tests?|testing|try|trying|roots?|systems?"
    r"|let(?!')|when)\b",
    re.IGNORECASE,
)
_PROBES: Final = (Fraction(0), Fraction(1), Fraction(2), Fraction(7, 3))


class Known(NamedTuple):
    """What a letter is worth."""

    value: Fraction
    solved: bool
    """Whether an equation says so in which the letter is not alone: `2x = 10`."""


Knowledge = Mapping[str, Known]


def supposes(step: str) -> bool:
    """Tell whether a step speaks of cases, so that its letters are worth nothing for certain."""
    return _SUPPOSES.search(step) is not None


def values_of(known: Knowledge) -> dict[str, Fraction]:
    """Return the values alone."""
    return {name: each.value for name, each in known.items()}


def learn(chain: Chain, known: Knowledge) -> dict[str, Known]:
    """Return what is known after a chain too: `x = 3 + 4 = 7`, `10 = x`, `2x = 10`."""
    return dict(without_powers(chain, {**known, **_learnt(chain, known)}))


def without_powers(chain: Chain, known: Knowledge) -> Knowledge:
    """Leave out letters that a chain multiplies with one another: they may have two values."""
    twofold: set[str] = set()
    for tree in (side.tree for side in chain.sides if side.tree is not None):
        for each in operations(tree):
            left, right = variables(each.left), variables(each.right)
            if each.sign == "^" or (each.sign not in {"+", "-"} and left and right):
                twofold |= left | right
    return {name: each for name, each in known.items() if name not in twofold}


def _learnt(chain: Chain, known: Knowledge) -> dict[str, Known]:
    first, last = chain.sides[0].tree, chain.sides[-1].tree
    doubtful = any(side.tree is None or side.relation == "~" for side in chain.sides[1:])
    if doubtful or first is None or last is None:
        return {}
    if isinstance(last, Variable) and len(chain.sides) == 2:  # noqa: PLR2004 (`10 = x`)
        first, last = last, first
    told = values_of(known)
    anew = variables(first) & variables(last)
    for name in anew | ({first.name} if isinstance(first, Variable) else set()):
        told.pop(name, None)
    names = (variables(first) | variables(last)) - told.keys()
    if len(names) != 1:
        return {}
    (name,) = names
    root = _solution(name, first, last, told)
    return {} if root is None else {name: Known(root, not isinstance(first, Variable))}


def _solution(name: str, left: Tree, right: Tree, told: Values) -> Fraction | None:
    """Return the solution of a linear equation in one letter; None if it is not linear."""
    gaps = []
    for probe in _PROBES:
        values = {**told, name: probe}
        try:
            gaps.append(value(left, values, scaled=True) - value(right, values, scaled=True))
        except TooHardError:
            return None
    slope = gaps[1] - gaps[0]
    straight = all(gap == gaps[0] + slope * probe for gap, probe in zip(gaps, _PROBES, strict=True))
    return -gaps[0] / slope if straight and slope else None
