"""Sentences of controlled English: what ProntoQA and ProofWriter are written in.

    Every yumpus is a dumpus. Dumpuses are not wooden.     for all: dumpus → ¬wooden
    Red, cold things are round. All quiet people are rough.
    If someone sees the cat and they are not green then they see the cow.
    Max is a yumpus. The cat does not eat the squirrel.    ¬eat(cat, squirrel)

Nouns and adjectives are predicates of one thing, verbs of two; words lose the endings of plural and
third person. `someone`, `something`, `things` and `people` are any thing. "Every yumpus is not shy"
says that none is. Negation is negation: what is not said is not false (the open world, as in the
OWA part of ProofWriter).
Sources: ProntoQA (arXiv 2210.01240), ProofWriter (arXiv 2012.13048). Forms decide, no word list
does, so that other words in the same forms are read too; every other sentence is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from stepmark.logic.formula import Atom, Formula, Not, both, every, implies, unary
from stepmark.logic.unreadable import refuse

MAX_CHARS: Final = 400
ANY: Final = "?"
"""The variable that `someone` stands for; no word is spelled so."""

_WORD: Final = r"[a-z][a-z'’-]*"
_SOME: Final = frozenset({"someone", "something", "somebody", "anyone", "anything"})
_PRONOUNS: Final = frozenset({"it", "they", "he", "she"})
_THINGS: Final = frozenset({"things", "people", "thing", "person"})
_NOT_NAMES: Final = frozenset(
    re.findall(
        _WORD,
        "i you we this that these those there here what who which a an the no not none nobody "
        "nothing both either neither therefore thus so hence then since because if and or but is "
        "are was were be answer question statement",
    )
)
"""Words that a form would take for a name, and that are none."""
_IS: Final = re.compile(r"(?P<who>.+?) (?P<verb>is|are) (?P<what>.+)")
_DOES: Final = re.compile(
    rf"(?P<who>the (?:{_WORD} )?{_WORD}|{_WORD}) (?P<no>(?:does|do) not )?"
    rf"(?P<verb>(?!the ){_WORD}) (?P<whom>the (?:{_WORD} )?{_WORD}|{_WORD})"
)
_CONDITIONAL: Final = re.compile(r"if (?P<condition>.+?),? then (?P<consequence>.+)")
_QUALITY: Final = re.compile(rf"(?P<no>not )?(?:an? )?(?P<word>{_WORD})")
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
            `unclear_name` or `unclear_pronoun`.
    """
    if len(sentence) > MAX_CHARS:
        refuse("too_long", sentence)
    plain = " ".join(sentence.lower().rstrip(" .").split())
    conditional = _CONDITIONAL.fullmatch(plain)
    if conditional is None:
        return _statement(plain)
    condition, consequence = conditional["condition"], conditional["consequence"]
    generic = condition.split(" ", 1)[0] in _SOME
    formula = implies(_clauses(condition, generic=generic), _clauses(consequence, generic=generic))
    return every(ANY, formula) if generic else formula


def lemma(word: str) -> str:
    """Return a word without the ending of a plural or of a verb's third person."""
    if word.endswith(("us", "ss", "is")) or len(word) < 4:  # noqa: PLR2004 - `is`, `gas`
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("uses", "sses", "xes", "ches", "shes")):
        return word[:-2]
    return word.removesuffix("s")


def _statement(text: str) -> Formula:
    """Read a sentence about a name, or about all of a kind."""
    found = _IS.fullmatch(text)
    kind = _KIND.fullmatch(found["who"]) if found else None
    if found and kind and (kind["each"] or found["verb"] == "are"):
        return _universal(kind, found["what"], text)
    return _clauses(text, generic=False)


def _universal(kind: re.Match[str], what: str, text: str) -> Formula:
    words = [word for word in _COMMA.split(kind["words"]) if word not in _THINGS]
    if not words or set(words) & (_NOT_NAMES | _PRONOUNS | _SOME):
        refuse("unclear_name", text)
    qualities = _qualities(what, ANY, text)
    consequence = Not(part=qualities) if kind["each"] == "no" else qualities
    return every(ANY, implies(both(*(unary(lemma(word), ANY) for word in words)), consequence))


def _clauses(text: str, *, generic: bool) -> Formula:
    """Read clauses joined by `and`; "is red and not young" leaves the subject out."""
    found: list[Formula] = []
    subject: str | None = None
    for part in _AND.split(text):
        clause = _IS.fullmatch(part)
        does = None if clause else _DOES.fullmatch(part)
        if clause:
            if clause["verb"] == "are" and clause["who"] not in _PRONOUNS:
                refuse("unclear_name", text)
            subject = _subject(clause["who"], generic=generic)
            found.append(_qualities(clause["what"], subject, text))
        elif does:
            who = _subject(does["who"], generic=generic)
            found.append(_deed(does, who))
            subject = None
        elif subject is not None:
            found.append(_qualities(part, subject, text))
        else:
            refuse("not_controlled", text)
    return both(*found)


def _deed(does: re.Match[str], who: str) -> Formula:
    if does["verb"] in _NOT_NAMES | _THINGS:
        refuse("not_controlled", does[0])
    deed = Atom(predicate=lemma(does["verb"]), names=(who, _subject(does["whom"], generic=False)))
    return Not(part=deed) if does["no"] else deed


def _qualities(text: str, subject: str, sentence: str) -> Formula:
    found = [_quality(part, subject, sentence) for part in _AND.split(text)]
    return both(*found)


def _quality(text: str, subject: str, sentence: str) -> Formula:
    quality = _QUALITY.fullmatch(text)
    if quality is None or quality["word"] in _NOT_NAMES:
        refuse("not_controlled", sentence)
    said = unary(lemma(quality["word"]), subject)
    return Not(part=said) if quality["no"] else said


def _subject(who: str, *, generic: bool) -> str:
    if who in _SOME | _PRONOUNS:
        return ANY if generic else refuse("unclear_pronoun", who)
    name = _NAME.fullmatch(who)
    words: Sequence[str] = name["words"].split() if name else ()
    if name is None or set(words) & _NOT_NAMES or (len(words) > 1 and not name["the"]):
        refuse("unclear_name", who)
    return "_".join(words)
