"""A model's translation of a problem and its solution into formal notation, read with suspicion.

Its reply has lines `given: FORMULA` and `step N: FORMULA`, or `step N: none`. A line counts only if
its formula parses and each of its symbols is made of words of the text that it translates: a given
of the problem's, a step's formula of that step's own. So a translation can bring in nothing; what
it drops or negates wrongly is not seen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from stepmark.logic.derivation import Claim, Given
from stepmark.logic.english import lemma
from stepmark.logic.formula import Formula, constants, predicates
from stepmark.logic.syntax import parse
from stepmark.logic.unreadable import UnreadableError, refuse

MAX_CHARS: Final = 20_000

_LINE: Final = re.compile(
    r"[ \t]*(?:[-*][ \t]+)?(?:given|step[ \t_]?(?P<step>\d{1,3}))[ \t]*:[ \t]*(?P<formula>[^\n]+)",
    re.IGNORECASE,
)
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
    for line in reply.splitlines():
        found = _LINE.fullmatch(line)
        if found:
            said[int(found["step"]) if found["step"] else None].append(found["formula"].strip())
    stated = tuple(_formula(text, statement) for text in said[None])
    if not stated:
        refuse("no_givens", reply)
    return Given(stated=stated), tuple(_claims(said.get(i), step) for i, step in enumerate(steps))


def _claims(formulas: list[str] | None, step: str) -> tuple[Claim, ...] | UnreadableError:
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
