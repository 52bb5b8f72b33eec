"""A model's translation of a problem and its solution into formal notation, read with suspicion.

Its reply has lines `given: FORMULA` and `step N: FORMULA`, or `step N: none`, in lists, numbered or
bold as models write them. A line counts only if its formula parses and each of its symbols is made
of words of the text that it translates: a given of the problem's, a step's formula of that step's
own. So a translation can bring in nothing; what it drops or negates wrongly is not seen. A line of
another form that speaks of a given or a step, or holds a formula, is not passed over: the step that
it speaks of is unread, and the reply if it speaks of none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from stepmark.logic.derivation import Claim, Given
from stepmark.logic.formula import Formula, constants, predicates
from stepmark.logic.syntax import parse
from stepmark.logic.unreadable import UnreadableError, refuse
from stepmark.logic.words import lemma

MAX_CHARS: Final = 20_000

_MARKS: Final = " \t*_`"
_LINE: Final = re.compile(
    rf"[{_MARKS}>-]*+(?:\(?\d{{1,3}}[.)][{_MARKS}]*+)?"
    r"(?:givens?(?:[ _-]?\d{1,3})?|step[ _-]?(?P<step>\d{1,3}))"
    rf"[{_MARKS}]*+:[{_MARKS}]*+(?P<formula>.+)",
    re.IGNORECASE,
)
_SPEAKS: Final = re.compile(
    rf"\b(?:givens?|steps? ?\d+)\b[^:]{{0,80}}:[{_MARKS}]*+.|^\W*(?:givens?|steps? ?\d+)\W*$"
    r"|[∀∃¬∧∨⊕→↔&|~]|[-=]>|\w\(\w",
    re.IGNORECASE,
)
"""A line that is no mere prose, as "Here is the translation of what is given:" is."""
_STEP: Final = re.compile(r"\bsteps?[ _-]?(\d{1,3})\b", re.IGNORECASE)
_PIECE: Final = re.compile(r"[A-Z]?[a-z’']+|[A-Z]+(?![a-z])|\d+")


def read_translation(
    reply: str, statement: str, steps: Sequence[str]
) -> tuple[Given, tuple[tuple[Claim, ...] | UnreadableError, ...]]:
    """Return what a reply says that the problem gives and each step claims.

    Raises:
        UnreadableError: a given cannot be read, or there is none.
    """
    if len(reply) > MAX_CHARS:
        refuse("too_long", reply)
    said: dict[int | None, list[str]] = defaultdict(list)
    unread: dict[int | None, str] = {}
    for line in reply.splitlines():
        found = _LINE.fullmatch(line)
        if found:
            said[int(found["step"]) if found["step"] else None].append(
                found["formula"].strip(_MARKS)
            )
        elif _SPEAKS.search(line):
            unread.update(dict.fromkeys(_spoken_of(line), line))
    if None in unread:
        refuse("not_a_line", unread[None])
    stated = tuple(_formula(text, statement) for text in said[None])
    if not stated:
        refuse("no_givens", reply)
    claims = tuple(_claims(said.get(i), unread.get(i), step) for i, step in enumerate(steps))
    return Given(stated=stated), claims


def _spoken_of(line: str) -> tuple[int | None, ...]:
    return tuple(int(number) for number in _STEP.findall(line)) or (None,)


def _claims(
    formulas: list[str] | None, unread: str | None, step: str
) -> tuple[Claim, ...] | UnreadableError:
    if unread is not None:
        return UnreadableError("not_a_line", unread)
    if formulas is None:
        return UnreadableError("not_translated", step)
    try:
        return tuple(
            Claim(text, _formula(text, step)) for text in formulas if text.lower() != "none"
        )
    except UnreadableError as error:
        return error


def _formula(text: str, original: str) -> Formula:
    formula = parse(text)
    words = {lemma(word) for word in re.findall(r"[a-z’']+|\d+", original.lower())}
    symbols = {name for name, _ in predicates(formula)} | constants(formula)
    for symbol in sorted(symbols):
        pieces = {lemma(piece.lower()) for piece in _PIECE.findall(symbol)}
        if not pieces or not pieces <= words:
            refuse("not_in_the_text", symbol)
    return formula
