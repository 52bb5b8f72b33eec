"""Units and scale words after a number: `72 apples`, `5.4 cents`, `15 cm^2`, `1.8 million`, `50%`.

An unknown unit is ignored, as is one that only one side writes. Units of one table row convert.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple


class Unit(NamedTuple):
    """What follows a number."""

    dimension: str = ""
    """What is measured, with its power, e.g. `length2`; empty if unknown."""
    factor: Fraction = Fraction(1)
    """Size of the unit against the first of its dimension."""
    scale: Fraction = Fraction(1)
    """A factor that a reader may leave out: 1/100 for percent, 12 for dozen, 10^6 for million."""


_SCALES = {
    "%": Fraction(1, 100),
    "percent": Fraction(1, 100),
    "dozen": Fraction(12),
    "dozens": Fraction(12),
    "hundred": Fraction(100),
    "thousand": Fraction(1000),
    "million": Fraction(10**6),
    "billion": Fraction(10**9),
    "trillion": Fraction(10**12),
}
_TABLE = {
    "money": "cent cents=1 $ dollar dollars=100",
    "euro": "€ euro euros=1",
    "pound sterling": "£=1",
    "time": "s sec second seconds=1 min mins minute minutes=60 h hr hrs hour hours=3600 "
    "day days=86400 week weeks=604800",
    "years": "month months=1 yr yrs year years=12",
    "length": "mm millimeter millimeters=1 cm centimeter centimeters=10 m meter meters=1000 "
    "km kilometer kilometers=1000000",
    "feet": "in inch inches=1 ft foot feet=12 yd yard yards=36 mi mile miles=63360",
    "mass": "mg milligram milligrams=1 g gram grams=1000 kg kilogram kilograms=1000000",
    "weight": "oz ounce ounces=1 lb lbs pound pounds=16",
    "volume": "ml mL milliliter milliliters=1 l L liter liters=1000",
    "angle": "degree degrees deg=1",
}
_KNOWN: dict[str, tuple[str, int]] = {
    name: (dimension, int(size))
    for dimension, row in _TABLE.items()
    for names, size in re.findall(r"([^=]+)=(\d+)\s*", row)
    for name in names.split()
}
_NOT_UNITS = re.compile(
    r"pi|sqrt|sin|cos|tan|cot|sec|csc|log|ln|exp|theta|alpha|beta|mod|and|or|plus|minus|over|root"
    r"|squared|cubed|half|halves|thirds?|quarters?|infinity|not|if|choose|base"
)
_SMALL_WORDS = re.compile(r"of|per|an?|in|the|is|at|to|on|by|for")
_SHORTEST_WORD = 3
_POWER = re.compile(r"(?:\^([23])|(?:square|sq\.?|cubic|cu\.?)\s)")
_SINGLE = re.compile(r"\\text\{(\w)\}(?:\^([23]))?")
_WORD = re.compile(r"[A-Za-z][A-Za-z'.-]*")
_TRAILING = re.compile(
    r"((?=.*[\d\\]).*(?:[\d})]|\\pi|(?<![\\a-zA-Z])[a-z]))\s+([a-z][a-z .]*[a-z](?:\^[23])?)"
)
_PHRASE = re.compile(r"[A-Za-z '.,()/-]{1,60}(?:\^[23])?")


@lru_cache(maxsize=4096)
def read_unit(rest: str) -> Unit | None:
    """Read all that follows a number, or return None when it is no unit (`x`, `!`, `^2`)."""
    if not rest:
        return Unit()
    single = _SINGLE.fullmatch(rest)
    if single:
        return unit_named(single[1], int(single[2] or 1))
    scale, remainder = _read_scale(rest)
    if not remainder:
        return Unit(scale=scale)
    unit = _read_words(remainder, spaced=remainder[0] == " " or scale != 1)
    return unit and unit._replace(scale=scale)


def _read_scale(rest: str) -> tuple[Fraction, str]:
    if rest[0] == "%":
        return _SCALES["%"], rest[1:].strip()
    word, _, remainder = rest.strip().partition(" ")
    factor = _SCALES.get(word.lower())
    return (Fraction(1), rest) if factor is None else (factor, remainder.strip())


def _read_words(rest: str, *, spaced: bool) -> Unit | None:
    if not _PHRASE.fullmatch(rest):
        return None
    words = _WORD.findall(rest)
    if not words or (not spaced and words[0] not in _KNOWN):
        return None
    letter = len(words[0]) == 1 and rest.strip()[1:2] not in (" ", "/")
    if letter and not (rest[0] == " " and words[0] in _KNOWN):
        return None
    if any(not _is_unit_word(word) for word in words):
        return None
    power = _POWER.search(rest.strip())
    exponent = 1 if power is None else int(power[1] or (2 if power[0][0] == "s" else 3))
    plain = [word for word in words if word not in ("square", "sq", "sq.", "cubic", "cu", "cu.")]
    known = unit_named(plain[0], exponent) if len(plain) == 1 else None
    return known or Unit()


def _is_unit_word(word: str) -> bool:
    lowered = word.lower()
    if _NOT_UNITS.fullmatch(lowered):
        return False
    long = len(word.strip(".'")) >= _SHORTEST_WORD
    return long or word in _KNOWN or _SMALL_WORDS.fullmatch(lowered) is not None


def unit_named(name: str, power: int = 1) -> Unit:
    """Return the unit of a name, to a power; without a dimension if it is none that converts."""
    dimension, size = _KNOWN.get(name, _KNOWN.get(name.lower(), ("", 1)))
    if not dimension:
        return Unit()
    return Unit(f"{dimension}{power}", Fraction(size) ** power)


def drop_unit(text: str) -> str:
    r"""Drop the unit after an expression that is no plain number: `6\sqrt{3} cm`."""
    match = _TRAILING.fullmatch(text)
    return match[1] if match and read_unit(" " + match[2]) is not None else text


CURRENCIES = {
    symbol: Unit(f"{_KNOWN[symbol][0]}1", Fraction(_KNOWN[symbol][1])) for symbol in "$€£"
}
"""The unit that a currency sign before a number stands for."""
