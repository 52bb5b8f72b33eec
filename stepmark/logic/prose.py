"""Problems and solutions in controlled English, or about a row of things.

The problem is its statement up to the question; every sentence of it must be readable. A step that
uses a word that neither the problem nor its question has is not judged, nor one in which a kind or
quality would be a name ("Gold is soft. Max is gold.").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from stepmark.logic import english
from stepmark.logic.claims import Reader, claims, sentences
from stepmark.logic.derivation import Claim, Given, Premises, Read, derive
from stepmark.logic.formula import Formula, constants, predicates
from stepmark.logic.ordering import find_row
from stepmark.logic.unreadable import UnreadableError, refuse
from stepmark.logic.words import lemma

Language = Literal["english", "ordering"]

MAX_CHARS: Final = 20_000

_QUESTION: Final = re.compile(
    r"(?:^|(?<=[.\n]))\s{0,20}(?:q(?:uestion)?\s*:|is the following\b|which of the following\b|"
    r"(?:based on|given) the above\b|true or false\b|options?\s*:)",
    re.IGNORECASE,
)
_ASKED: Final = re.compile(r"(?:\?|false:|unknown:|statement:)\s+(?P<claim>[^?\n]+)", re.IGNORECASE)
_HEADING: Final = re.compile(
    r"(?:the following (?:paragraphs each|statements each) describe[^.]*\. "
    r"The statements are logically consistent[^.]*\.|(?:context|facts|premises)\s*:)\s*",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"(?<=\.)\s+(?:[-*•]\s+)?|\n+(?:[-*•]\s+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Puzzle:
    """A problem as it was read."""

    read: Reader
    """How sentences about it are read."""
    given: Given
    """What it gives."""
    words: frozenset[tuple[str, int]]
    """The predicates that it or its question uses."""


def find_puzzle(statement: str, language: Language) -> Puzzle:
    """Read a problem's statement.

    Raises:
        UnreadableError: a sentence before the question cannot be read.
    """
    if len(statement) > MAX_CHARS:
        refuse("too_long", statement)
    asked = _QUESTION.search(statement)
    given, question = (
        statement[: asked and asked.start()],
        statement[asked.start() :] if asked else "",
    )
    said = [s for s in _SENTENCE.split(_HEADING.sub("", given.strip()).lstrip("-*• ")) if s.strip()]
    if language == "ordering":
        row = find_row(said[0] if said else "")
        read: Reader = row.read
        rules, said = row.rules(), said[1:]
    else:
        read, rules = english.read, ()
    stated = tuple(map(read, said))
    formulas = (*stated, *_readable(_ASKED.findall(question), read))
    words = frozenset().union(*map(predicates, formulas))
    for formula in formulas:
        _refuse_name_of_kind(formula, words)
    return Puzzle(read=read, given=Given(rules=rules, stated=stated), words=words)


def read_steps(puzzle: Puzzle, steps: Sequence[str], premises: Premises) -> tuple[Read, ...]:
    """Return what each step claims and what it must follow from."""
    return derive(puzzle.given, [_claims(puzzle, step) for step in steps], premises)


def _claims(puzzle: Puzzle, step: str) -> tuple[Claim, ...] | UnreadableError:
    try:
        found = tuple(c for sentence in sentences(step) for c in claims(sentence, puzzle.read))
        for claim in found:
            if claim.formula is not None:
                _refuse_strange(claim.text, claim.formula, puzzle.words)
    except UnreadableError as error:
        return error
    return found


def _refuse_strange(text: str, formula: Formula, words: frozenset[tuple[str, int]]) -> None:
    if predicates(formula) - words:
        refuse("unknown_word", text)
    _refuse_name_of_kind(formula, words)


def _refuse_name_of_kind(formula: Formula, words: frozenset[tuple[str, int]]) -> None:
    """Refuse a name with a word that is said of something: "gold is soft", "the cat likes cats"."""
    for name in sorted(constants(formula)):
        if any((lemma(word), 1) in words for word in name.split("_")):
            refuse("unclear_name", name)


def _readable(texts: Iterable[str], read: Reader) -> tuple[Formula, ...]:
    found = []
    for text in texts:
        try:
            found.append(read(text))
        except UnreadableError:
            continue
    return tuple(found)
