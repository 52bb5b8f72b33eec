r"""Exact numbers: integers, decimals, fractions, mixed numbers, powers of ten, percentages, units.

All arithmetic is on `Fraction`; no float is ever made, so nothing is rounded into agreement:
0.333 is not 1/3. What a percentage, a dozen or a million is worth may be left out by one side
(`50%` equals 50 and 0.5, `7 dozen` equals 7 and 84): the question decides that, and it is not
asked here. Where both sides write one, values count (`50%` is not `0.5%`).
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from stepmark.grading.units import CURRENCIES, Unit, read_unit


class Quantity(NamedTuple):
    """A number and what follows it."""

    number: Fraction
    """The number as written, before any scale word."""
    unit: Unit
    """Its unit; the empty unit if there is none."""
    base: int | None = None
    """Subscript base, as in `52_8`; the number is then already converted."""


_MAX_CHARS = 200
_MAX_EXPONENT = 400
_D = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)"
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)\s?(?P<currency>[$€£]?)(?P<sign2>[+-]?)(?:"
    r"(?P<whole>\d+)(?:\ and)?(?:\\frac\{(?P<mn>\d+)\}\{(?P<md>\d+)\}|\ (?P<sn>\d+)/(?P<sd>\d+))"
    rf"|\\frac\{{(?P<fn>[+-]?{_D})\}}\{{(?P<fd>[+-]?{_D})\}}"
    rf"|(?P<n>{_D})/(?P<d>[+-]?{_D})"
    r"|10\^(?:\{(?P<ten>[+-]?\d+)\}|(?P<ten1>\d))"
    rf"|(?P<mantissa>{_D})(?:[eE](?P<e>[+-]?\d+)"
    r"|(?:\\times\ ?|\\cdot\ ?|\*|\ x\ )10\^(?:\{(?P<p>[+-]?\d+)\}|(?P<p1>\d)))"
    r"|(?P<lead>\d*\.\d*)\\overline\{(?P<cycle>\d+)\}"
    r"|(?P<ordinal>\d+)(?:st|nd|rd|th)\b"
    rf"|(?P<decimal>{_D})"
    r")(?P<rest>.*)"
)
_EXPONENTS = ("ten", "ten1", "e", "p", "p1")
_BASED = re.compile(r"(\d+)_(?:\{(\d+)\}|(\d))")
_PLAIN = re.compile(r"(-?)(\$?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", re.ASCII)
_DOLLARS = CURRENCIES["$"]


@lru_cache(maxsize=1 << 16)
def read_quantity(text: str) -> Quantity | None:
    """Read a canonical text as one number with its unit, or return None."""
    if len(text) > _MAX_CHARS:
        return None
    plain = _PLAIN.fullmatch(text)
    if plain:
        return _read_plain(plain)
    if text[:1] == "(" and text[-1:] == ")" and "," not in text:
        return read_quantity(text[1:-1])
    based = _BASED.fullmatch(text)
    if based:
        return _read_based(based[1], int(based[2] or based[3]))
    match = _NUMBER.fullmatch(text)
    return match and _read_match(match)


def _read_plain(match: re.Match[str]) -> Quantity:
    sign, dollar, whole, decimals = match.groups("")
    digits = sign + whole.replace(",", "")
    number = Fraction(digits + decimals) if decimals else Fraction(int(digits))
    return Quantity(number, _DOLLARS if dollar else Unit())


def _read_match(match: re.Match[str]) -> Quantity | None:
    unit = read_unit(match["rest"])
    number = _value(match)
    if unit is None or number is None:
        return None
    if match["currency"]:
        unit = CURRENCIES[match["currency"]]._replace(scale=unit.scale)
    return Quantity(number, unit)


def same_quantity(one: Quantity, other: Quantity) -> bool | None:
    """Compare two quantities; None when they differ only in how a base is written."""
    if one.base != other.base:
        return (
            None if one.number == other.number or one.base is None or other.base is None else False
        )
    left, right = one.number, other.number
    if one.unit == other.unit:
        return left == right
    if one.unit.dimension and other.unit.dimension:
        if one.unit.dimension != other.unit.dimension:
            return None if left == right else False
        left, right = left * one.unit.factor, right * other.unit.factor
    if left * one.unit.scale == right * other.unit.scale:
        return True
    return left == right and (one.unit.scale == 1) != (other.unit.scale == 1)


def _value(match: re.Match[str]) -> Fraction | None:
    groups = {name: value for name, value in match.groupdict().items() if value is not None}
    negative = (groups["sign"] == "-") != (groups["sign2"] == "-")
    value = _magnitude(groups)
    if value is None:
        return None
    return -value if negative else value


def _magnitude(groups: dict[str, str]) -> Fraction | None:
    if "whole" in groups:
        return _mixed(groups)
    above, below = groups.get("fn") or groups.get("n"), groups.get("fd") or groups.get("d")
    if above and below:
        return _ratio(above, below)
    exponent = next((groups[name] for name in _EXPONENTS if name in groups), None)
    if exponent is not None:
        return _power_of_ten(groups.get("mantissa", "1"), exponent)
    if "cycle" in groups:
        return _repeating(groups["lead"], groups["cycle"])
    return _decimal(groups.get("ordinal") or groups["decimal"])


def _decimal(text: str) -> Fraction:
    text = text.replace(",", "")
    return Fraction(text if text[-1] != "." else text[:-1])


def _ratio(above: str, below: str) -> Fraction | None:
    divisor = _decimal(below)
    return _decimal(above) / divisor if divisor else None


def _mixed(groups: dict[str, str]) -> Fraction | None:
    """Read `1 4/5`; an improper fraction part would be a product, so it is not read."""
    above = int(groups.get("mn") or groups["sn"])
    below = int(groups.get("md") or groups["sd"])
    return int(groups["whole"]) + Fraction(above, below) if above < below else None


def _power_of_ten(mantissa: str, exponent: str) -> Fraction | None:
    power = int(exponent)
    return _decimal(mantissa) * Fraction(10) ** power if abs(power) <= _MAX_EXPONENT else None


def _repeating(lead: str, cycle: str) -> Fraction:
    places = len(lead.partition(".")[2])
    start = _decimal(lead) if lead != "." else Fraction(0)
    return start + Fraction(int(cycle), (10 ** len(cycle) - 1) * 10**places)


def _read_based(digits: str, base: int) -> Quantity | None:
    if base not in range(2, 11) or any(int(digit) >= base for digit in digits):
        return None
    return Quantity(Fraction(int(digits, base)), Unit(), base)
