"""A plain regular expression for sums, to compare the equation verifier with.

What a reader would write in ten minutes: numbers and operators in a row, an equals sign, a number.
"""

from __future__ import annotations

import re
from fractions import Fraction

from stepmark.records import Verdict

_NUMBER = r"-?\d+(?:\.\d+)?"
_SUM = re.compile(rf"({_NUMBER}(?: ?[-+*/] ?{_NUMBER})+) ?= ?({_NUMBER})")
_SIGNS = str.maketrans({"×": "*", "÷": "/", "$": None, ",": None})
_TERM = re.compile(rf"({_NUMBER})((?: ?[*/] ?{_NUMBER})*)")
_FACTOR = re.compile(rf"([*/]) ?({_NUMBER})")


def verdict(step: str) -> Verdict:
    """Return what the expression says of a step."""
    text = step.replace("\\times", "*").replace("\\div", "/").translate(_SIGNS)
    held = [_value(left) == Fraction(right) for left, right in _SUM.findall(text)]
    return "unlabelled" if not held else "correct" if all(held) else "incorrect"


def _value(expression: str) -> Fraction | None:
    total = Fraction(0)
    for first, factors in _TERM.findall(expression.replace("- ", "-").replace("+ ", "+")):
        term = Fraction(first)
        for sign, number in _FACTOR.findall(factors):
            if sign == "/" and Fraction(number) == 0:
                return None
            term = term * Fraction(number) if sign == "*" else term / Fraction(number)
        total += term
    return total
