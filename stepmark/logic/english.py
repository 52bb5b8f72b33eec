"""Sentences of controlled English: what ProntoQA and ProofWriter are written in.

    Every yumpus is a dumpus. Dumpuses are not wooden.     for all: dumpus → ¬wooden
    Red, cold things are round. All quiet people are rough.
    If someone sees the cat and they are not green then they see the cow.
    Max is a yumpus. The cat does not eat the squirrel.    ¬eat(cat, squirrel)

Nouns and adjectives are predicates of one thing, verbs of two. `someone`, `something`, `things`
and `people` are any thing. "Every yumpus is not shy" says that none is. Negation is negation: what
is not said is not false (the open world, as in the OWA part of ProofWriter).
A word's number must be seen: a noun is plural beside `are`, a verb in the third person beside one
name, and what may be either ("emus are", "sheep are") is refused. So are words that say how many
("most cats", "everyone"), contractions, and two nouns joined to one subject ("cats and dogs are").
Sources: ProntoQA (arXiv 2210.01240), ProofWriter (arXiv 2012.13048). Forms decide, no word list
does, so that other words in the same forms are read too; every other sentence is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from stepmark.logic.formula import Atom, Formula, Not, both, every, implies, unary
from stepmark.logic.unreadable import refuse
from stepmark.logic.words import GRAMMAR, is_ambiguous, is_inflected, lemma

MAX_CHARS: Final = 400
ANY: Final = "?"
"""The variable that `someone` stands for; no word is spelled so."""

_WORD: Final = r"[a-z][a-z'’-]*"
_SOME: Final = frozenset({"someone", "something", "somebody", "anyone", "anything", "anybody"})
_PRONOUNS: Final = frozenset({"it", "they", "he", "she"})
_THINGS: Final = frozenset({"things", "people", "thing", "person"})
_CONTRACTION: Final = re.compile(r"n['’]t\b|['’](?:s|re|ll|ve|d|m)\b")
_IS: Final = re.compile(r"(?P<who>.+?) (?P<verb>is|are) (?P<what>.+)")
_DOES: Final = re.compile(
    rf"(?P<who>the (?:{_WORD} )?{_WORD}|{_WORD}) (?P<no>(?:does|do) not )?"
    rf"(?P<verb>(?!the ){_WORD}) (?P<whom>the (?:{_WORD} )?{_WORD}|{_WORD})"
)
_CONDITIONAL: Final = re.compile(r"if (?P<condition>.+?),? then (?P<consequence>.+)")
_QUALITY: Final = re.compile(rf"(?P<no>not )?(?P<one>an? )?(?P<word>{_WORD})")
_KIND: Final = re.compile(
    rf"(?:(?P<each>every|each|all|any|no) )?(?P<words>(?:{_WORD},? )*{_WORD})"
)
_NAME: Final = re.compile(rf"(?P<the>the )?(?P<words>(?:{_WORD} )?{_WORD})")
_AND: Final = re.compile(r",? and ")
_COMMA: Final = re.compile(r",? and |, | ")


def read(sentence: str) -> Formula:
    """Read one sentence, with or without its full stop.

    Raises:
        UnreadableError: it is in none of the forms; the reason is `too_long`, `not_controlled`,
            `unclear_name`, `unclear_number` or `unclear_pronoun`.
    """
    if len(sentence) > MAX_CHARS:
        refuse("too_long", sentence)
    plain = " ".join(sentence.lower().rstrip(" .").split())
    if _CONTRACTION.search(plain):
        refuse("not_controlled", sentence)
    if sum(word in _SOME for word in plain.split()) > 1:
        refuse("unclear_pronoun", sentence)
    conditional = _CONDITIONAL.fullmatch(plain)
    if conditional is None:
        return _statement(plain)
    condition, consequence = conditional["condition"], conditional["consequence"]
    generic = condition.split(" ", 1)[0] in _SOME
    formula = implies(_clauses(condition, generic=generic), _clauses(consequence, generic=generic))
    return every(ANY, formula) if generic else formula


def _statement(text: str) -> Formula:
    """Read a sentence about a name, or about all of a kind."""
    found = _IS.fullmatch(text)
    kind = _KIND.fullmatch(found["who"]) if found else None
    if found and kind and (kind["each"] or found["verb"] == "are"):
        return _universal(kind, found, text)
    return _clauses(text, generic=False)


def _universal(kind: re.Match[str], found: re.Match[str], text: str) -> Formula:
    several = found["verb"] == "are"
    qualities = _qualities(found["what"], ANY, text, several=several)
    consequence = Not(part=qualities) if kind["each"] == "no" else qualities
    of_kind = (unary(lemma(word), ANY) for word in _kind(kind["words"], text, several=several))
    return every(ANY, implies(both(*of_kind), consequence))


def _kind(words: str, text: str, *, several: bool) -> list[str]:
    """Return the adjectives and the noun of "big, red cats"; "big and red things" has no noun."""
    *adjectives, noun = _COMMA.split(words)
    nouns = [] if noun in _THINGS else [noun]
    found = [*adjectives, *nouns]
    if not found or set(found) & (GRAMMAR | _THINGS) or (nouns and _AND.search(words)):
        refuse("unclear_name", text)
    if any(map(is_inflected, adjectives)) or any(is_inflected(n) != several for n in nouns):
        refuse("unclear_number", text)
    return found


def _clauses(text: str, *, generic: bool) -> Formula:
    """Read clauses joined by `and`; "is red and not young" leaves the subject out."""
    found: list[Formula] = []
    subject: str | None = None
    several = False
    for part in _AND.split(text):
        clause = _IS.fullmatch(part)
        does = None if clause else _DOES.fullmatch(part)
        if clause:
            if clause["verb"] == "are" and clause["who"] not in _PRONOUNS:
                refuse("unclear_name", text)
            subject = _subject(clause["who"], generic=generic)
            several = clause["verb"] == "are"
            found.append(_qualities(clause["what"], subject, text, several=several))
        elif does:
            who = _subject(does["who"], generic=generic)
            found.append(_deed(does, who))
            subject = None
        elif subject is not None:
            found.append(_qualities(part, subject, text, several=several))
        else:
            refuse("not_controlled", text)
    return both(*found)


def _deed(does: re.Match[str], who: str) -> Formula:
    if does["verb"] in GRAMMAR | _THINGS:
        refuse("not_controlled", does[0])
    if is_inflected(does["verb"]) == (does["no"] is not None or does["who"] == "they"):
        refuse("unclear_number", does[0])
    deed = Atom(predicate=lemma(does["verb"]), names=(who, _subject(does["whom"], generic=False)))
    return Not(part=deed) if does["no"] else deed


def _qualities(text: str, subject: str, sentence: str, *, several: bool) -> Formula:
    found = [_quality(part, subject, sentence, several=several) for part in _AND.split(text)]
    return both(*found)


def _quality(text: str, subject: str, sentence: str, *, several: bool) -> Formula:
    quality = _QUALITY.fullmatch(text)
    if quality is None or quality["word"] in GRAMMAR:
        refuse("not_controlled", sentence)
    word = quality["word"]
    plural = several and not quality["one"]
    if is_ambiguous(word) if plural else is_inflected(word):
        refuse("unclear_number", sentence)
    said = unary(lemma(word), subject)
    return Not(part=said) if quality["no"] else said


def _subject(who: str, *, generic: bool) -> str:
    if who in _SOME | _PRONOUNS:
        return ANY if generic else refuse("unclear_pronoun", who)
    name = _NAME.fullmatch(who)
    words: Sequence[str] = name["words"].split() if name else ()
    if name is None or set(words) & GRAMMAR or (len(words) > 1 and not name["the"]):
        refuse("unclear_name", who)
    return "_".join(words)
