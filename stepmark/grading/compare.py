"""The fast stages: normalised text, then exact numbers, then words. What is left is `ask`.

Each verdict is sure or it is not given: `same`, `different`, `untold` (cannot be decided, whoever
is asked) and `ask` (hand the pair to the symbolic worker).
"""

from __future__ import annotations

import re
from typing import Final

from stepmark.grading.choice import read_letter
from stepmark.grading.exact import read_quantity, same_quantity
from stepmark.grading.normalise import normalise
from stepmark.grading.number_words import ALONE
from stepmark.grading.structure import MAX_DEPTH, Told, compare_parts, depth
from stepmark.grading.units import drop_unit
from stepmark.records import Kind

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_WORDS = re.compile(r"[A-Za-z][A-Za-z' -]*[A-Za-z]")
_ARTICLE = re.compile(r"^(?:an?|the)\s+", re.IGNORECASE)
_MATH_WORD = re.compile(r"(?:sin|cos|tan|cot|sec|csc|log|ln|exp|sqrt|pi|[a-z]{2})", re.IGNORECASE)
_CLOCK = re.compile(r"(\d+):(\d+)(?::\d+)?\s?([ap]\.?m\.?)?", re.IGNORECASE)
NOON: Final = 12
_DEGREES = re.compile(r"\\circ|°|\bdegrees?\b")
_PI = re.compile(r"\\pi(?![a-z])|π")
_CHANCE = re.compile(r"(\d+) (?:in|out of) (\d+)")
_LETTER = re.compile(r"\(?([A-Z])\)?")
_TEXT_NOISE = re.compile(r"[^\w\s%./:+-]|[.:](?=\s|$)")


def compare(answer: str, reference: str, kind: Kind) -> Told:
    """Compare an answer with a reference as far as no computer algebra is needed."""
    if kind == "choice":
        return _compare_letters(answer, reference)
    if kind == "math" and _INTEGER.fullmatch(answer) and _INTEGER.fullmatch(reference):
        return "same" if int(answer) == int(reference) else "different"
    left, right = normalise(answer), normalise(reference)
    if not left or not right:
        return "different" if right else "untold"
    if kind == "math" and left != right and _in_two_measures(answer, reference):
        return "untold"
    if kind == "text":
        return _compare_texts(left, right)
    return compare_normal(left, right)


def same_answer(answer: str | None, other: str | None, kind: Kind) -> bool:
    """Tell whether two answers are surely one, as far as no computer algebra is needed.

    Answers of kind `code` are marks of tests: one where they are the same text.
    """
    if answer is None or other is None:
        return False
    return answer == other or (kind != "code" and compare(answer, other, kind) == "same")


def _in_two_measures(one: str, other: str) -> bool:
    """Tell whether one angle is in degrees, whose sign is ignored, and the other in radians."""
    return any(_DEGREES.search(a) and _PI.search(b) for a, b in ((one, other), (other, one)))


def compare_normal(left: str, right: str) -> Told:
    """Compare two canonical texts of kind `math`."""
    if left == right:
        return "same"
    if "\\ldots" in left or "\\ldots" in right:
        return "untold"
    told = _compare_numbers(left, right) or _compare_chances(left, right)
    if told is not None:
        return told
    if max(depth(left), depth(right)) > MAX_DEPTH:
        return "untold"
    return compare_parts(left, right, compare_leaf)


def compare_leaf(left: str, right: str) -> Told:
    """Compare two canonical texts that do not come apart."""
    if left == right:
        return "same"
    told = _compare_numbers(left, right) or _compare_clocks(left, right)
    if told is not None:
        return told
    bare_left, bare_right = drop_unit(left), drop_unit(right)
    if (bare_left, bare_right) != (left, right):
        return compare_leaf(bare_left, bare_right)
    return _compare_words(left, right)


def _compare_numbers(left: str, right: str) -> Told | None:
    one, other = read_quantity(left), read_quantity(right)
    if one is None or other is None:
        return None
    same = same_quantity(one, other)
    return "untold" if same is None else "same" if same else "different"


def _compare_chances(left: str, right: str) -> Told | None:
    """`1 in 4` is 1/4; whether it is another number's spelling is not decided."""
    one, other = _CHANCE.sub(r"\1/\2", left), _CHANCE.sub(r"\1/\2", right)
    if (one, other) == (left, right):
        return None
    return "same" if one == other or _compare_numbers(one, other) == "same" else "untold"


def _compare_clocks(left: str, right: str) -> Told | None:
    """`3:00` and `3:00 pm` are one answer; a ratio `3:4` against a number is not decided."""
    one, other = _CLOCK.fullmatch(left), _CLOCK.fullmatch(right)
    if not one and not other:
        return None
    if not one or not other:
        return "untold"
    if _times(one) & _times(other):
        return "same"
    if one[3] or other[3]:
        return "different"
    ratio = int(one[1]) * int(other[2]) == int(one[2]) * int(other[1])
    return "untold" if ratio else "different"


def _times(clock: re.Match[str]) -> set[tuple[int, int]]:
    """Return the hours and minutes that a clock may mean: two up to 12:59 if no half is said."""
    hour, minute = int(clock[1]), int(clock[2])
    if hour > NOON:
        return {(hour, minute)}
    halves = (clock[3].lower()[0],) if clock[3] else ("a", "p")
    return {(hour % NOON + NOON * (half == "p"), minute) for half in halves}


def _compare_words(left: str, right: str) -> Told:
    letter = _compare_lone_letter(left, right)
    if letter is not None:
        return letter
    one, other = _words(left), _words(right)
    if one and other:
        return _compare_phrases(one, other)
    if (one and read_quantity(right)) or (other and read_quantity(left)):
        return "untold" if ALONE.search(one or other or "") else "different"
    return "ask"


def _compare_lone_letter(left: str, right: str) -> Told | None:
    """`(C)`, `C` and `C) 12` name one option; two letters are left to algebra (a variable R)."""
    lone = _LETTER.fullmatch(right) or _LETTER.fullmatch(left)
    if lone is None:
        return None
    one, other = read_letter(left), read_letter(right)
    if one is None or other is None:
        return None
    if one == other:
        return "same" if left != left.lower() and right != right.lower() else "untold"
    return "different" if left[0] == "(" or right[0] == "(" else None


def _words(text: str) -> str | None:
    if not _WORDS.fullmatch(text) or _MATH_WORD.fullmatch(text):
        return None
    return _ARTICLE.sub("", text).lower()


def _compare_phrases(one: str, other: str) -> Told:
    if one == other or one.replace(" ", "") == other.replace(" ", ""):
        return "same"
    shorter, longer = sorted((one.split(), other.split()), key=len)
    return "untold" if set(shorter) <= set(longer) else "different"


def _compare_texts(left: str, right: str) -> Told:
    one, other = _plain(left), _plain(right)
    if one == other:
        return "same"
    return _compare_numbers(left, right) or "different"


def _plain(text: str) -> str:
    words = _ARTICLE.sub("", " ".join(_TEXT_NOISE.sub(" ", text.casefold()).split()))
    return words.rstrip(".")


def _compare_letters(answer: str, reference: str) -> Told:
    right = read_letter(reference)
    left = read_letter(answer)
    if right is None or left is None:
        return "same" if answer.strip() == reference.strip() != "" else "untold"
    return "same" if left == right else "different"
