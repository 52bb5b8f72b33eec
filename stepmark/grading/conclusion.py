"""The number a closing sentence concludes with, where no answer is stated in a set form.

Chat models asked for no format end with "Therefore, John paid $720." Reading its last number
misgrades one such ending in thirteen ("babysit 5 times to gather enough eggs to make 15 flans"),
and refusing to read it calls thousands of right answers wrong. So a number is taken only when the
closing sentence leaves no choice:

1. it holds one number, or
2. one number (or formula) is emphasised, or
3. one number follows the verb directly ("is", "will be", "a total of"), or
4. one number is left when those that a preposition or a purpose governs are set aside
   ("after 15 days", "to make 15 flans", "a 32-page tabloid").

Otherwise the answer is ambiguous, which makes the outcome unknown, not wrong.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from stepmark.grading.number_words import NUMBER_WORD
from stepmark.grading.units import read_unit


class Conclusion(NamedTuple):
    """What the closing sentence says."""

    answer: str | None
    """The number, as written; null if there is none or no single one."""
    ambiguous: bool
    """Whether there were numbers, but no way to tell which is meant."""


_MAX_CHARS = 1000
_NUM = (
    r"(?<![\w.])(?<!\d[-/:^])[-\u2212]?(?:\\?\$\s?)?-?"
    r"(?:\d{1,3}(?:(?:,|\{,\})\d{3})+(?!\d)|\d+)?(?:(?<=\d)|\.(?=\d))(?:\.?\d+)?"
    r"(?:/\d+|:\d\d)?(?:(?:st|nd|rd|th)\b)?(?!\w)(?:\s?\\?%)?"
)
_NUMBER = re.compile(_NUM)
_WORD = re.compile(r"[A-Za-z0-9]")
_ABBREVIATION = re.compile(r"\b(Mr|Mrs|Ms|Dr|St|vs|approx|No|i\.e|e\.g)\.(?=\s)")
_SENTENCE = re.compile(r"(?<=[.!?])[\"')*]*\s+(?=[A-Z*\\$(\d])")
_EMPHASIS = re.compile(
    r"\*\*(.+?)\*\*|\\\((.+?)\\\)|\\\[(.+?)\\\]|\$\$(.+?)\$\$|\$((?=[^$\s])[^$\n]*?[^$\s])\$(?!\d)"
)
_PROSE = re.compile(r"(?<!\\)(?<![a-zA-Z])[a-z]{2,}\s+[a-z]{2,}")
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|equals?|=|total(?:s|ed|ing)? of|total(?:s|ing)?|average of"
    r"|sum of|costs?|has|have|had)"
    r"\s+(?:now\s+|still\s+|only\s+|approximately\s+|about\s+|exactly\s+|a\s+total\s+of\s+"
    r"|an\s+average\s+of\s+|an\s+additional\s+|\\\()*(?=[-\\$.\d])"
)
_ASIDE = re.compile(
    r"\b(?:after|before|in|within|for|over|during|by|with|at|than|from|(?<!up )to|of|out of|per"
    r"|every|on|under|if|when|each|between|last|next|first|all|the|an?|\w+ing)"
    r"(?:\s+(?:the|a|an|all|his|her|its|their|these|those|both|only|just|exactly|about|next|last|first"
    r"|other|remaining|more|another|each|around|approximately|\w+'s|\w+ing))*\s+(?:\\\()?$",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"\b(?:total|average|sum|additional|profit|salary|maximum|minimum) of\s+(?:\\\()?$"
)
_PURPOSE = re.compile(
    r"\b(?:in order )?to (?!the\b|a\b|his\b|her\b|their\b)[a-z]+\b"
    r"|\b(?:if|so that|assuming|when|because)\b"
)
_OPENING = re.compile(
    r"\W*(?:(?:so|therefore|thus|hence|then|finally|now)\b,?\s*)?"
    r"(?:if|after|when|in|with|given|for|out of|by|at|since|assuming|on|during)\b.*?,\s",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"(?:\\text\{[^{}]*\}|\\[a-zA-Z]++|[^a-zA-Z\\]|[a-zA-Z](?![a-zA-Z])|\\[^a-zA-Z])++"
)
_ADJECTIVE = re.compile(r"-[a-z]")
_IN_WORDS = re.compile(
    rf"\b(?:is|are|was|were|be|has|have|had|with|leaves|remains?)\s+(?:only\s+)?{NUMBER_WORD.pattern}"
    r"(?:\s+[a-z]+)?\W*$",
    re.IGNORECASE,
)
"""The sentence ends on a number in words: digits before it are not the answer."""
_TWO_UNITS = re.compile(r"\d\s+([a-z]+),?\s+(?:and\s+)?\$?[\d.]+\s+([a-z]+)", re.IGNORECASE)
_DENIAL = re.compile(r"\banswer\b.*\b(?:not|cannot)\b|\banswer isn't\b", re.IGNORECASE)


def find_conclusion(text: str) -> Conclusion:
    """Read the last sentence of the text."""
    sentence = _last_sentence(text)
    if _DENIAL.search(sentence):
        return Conclusion(None, ambiguous=True)
    return read_number(sentence)


def read_number(sentence: str) -> Conclusion:
    """Return the one number that a sentence is about, by the rules above."""
    if len(sentence) > _MAX_CHARS or _IN_WORDS.search(sentence) or _in_two_units(sentence):
        return Conclusion(None, ambiguous=True)
    formula = _emphasised(sentence)
    if formula is not None:
        return Conclusion(formula, ambiguous=False)
    if "=" in sentence and _FORMULA.fullmatch(sentence):
        return Conclusion(sentence.rpartition("=")[2].strip(" $.\\[]"), ambiguous=False)
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return Conclusion(None, ambiguous=bool(NUMBER_WORD.search(sentence)))
    for candidates in (found, _after_verb(sentence, found), _set_aside(sentence, found)):
        texts = {_key(match[0]): match[0] for match in candidates}
        if len(texts) == 1:
            return Conclusion(texts.popitem()[1].strip(), ambiguous=False)
    return Conclusion(None, ambiguous=True)


def _in_two_units(sentence: str) -> bool:
    """Tell whether an amount is given in parts, as in "1 hour and 30 minutes"."""
    for large, small in _TWO_UNITS.findall(sentence):
        one, other = read_unit(f" {large}"), read_unit(f" {small}")
        if one and other and one != other and one.dimension == other.dimension != "":
            return True
    return False


def _last_sentence(text: str) -> str:
    line = next((line for line in reversed(text.splitlines()) if _WORD.search(line)), "")
    protected = _ABBREVIATION.sub(r"\1", line.strip())
    return _SENTENCE.split(protected)[-1]


def _emphasised(sentence: str) -> str | None:
    """The only bold or formula part with a number in it, reduced to its right-hand side."""
    parts = [next(filter(None, groups)) for groups in _EMPHASIS.findall(sentence)]
    values = [_emphasised_value(part) for part in parts]
    texts = {_key(value): value for value in values if value}
    return texts.popitem()[1] if len(texts) == 1 else None


def _emphasised_value(part: str) -> str | None:
    """The number in bold prose, or the right-hand side of a formula; None if there is no digit."""
    numbers: list[str] = _NUMBER.findall(part)
    prose = _PROSE.search(part) and "\\" not in part
    if prose or not numbers:
        return numbers[0] if len(numbers) == 1 else None
    return re.split(r"=|\\approx", part.strip("*$ "))[-1].strip()


def _after_verb(sentence: str, found: list[re.Match[str]]) -> list[re.Match[str]]:
    starts = {match.end() for match in _VERB.finditer(sentence)}
    return [match for match in found if match.start() in starts]


def _set_aside(sentence: str, found: list[re.Match[str]]) -> list[re.Match[str]]:
    """Leave out circumstances: numbers behind a preposition, or in a purpose after the first."""
    kept: list[re.Match[str]] = []
    opening = _OPENING.match(sentence)
    for match in found:
        if (opening and match.end() <= opening.end()) or _ADJECTIVE.match(sentence, match.end()):
            continue
        before = sentence[: match.start()]
        if _ASIDE.search(before) and not _TOTAL.search(before):
            continue
        if kept and _PURPOSE.search(sentence, kept[0].end(), match.start()):
            continue
        kept.append(match)
    return kept


def _key(number: str) -> str:
    plain = re.sub(r"[\\$,{}\s*]", "", number)
    return re.sub(r"\.0+$", "", plain)
