"""Proofs in FLD's notation: numbered facts, and steps that name what they rest on.

    hypothesis: {C}{a}
    fact1: (x): {A}x -> {B}x
    …
    fact1 & fact2 -> int1: {B}{a};
    int1 & fact3 -> hypothesis;

As FoVer (arXiv 2505.15960) reads them: a step is right if its conclusion follows from what it
names, whatever the step that made an `int` was worth. Assumptions and contradictions (`assump`,
`#F#`) are not read; FoVer leaves such proofs out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from stepmark.logic.claims import is_answer
from stepmark.logic.derivation import MAX_STEPS, Asked, Read
from stepmark.logic.entailment import Entailment
from stepmark.logic.formula import Formula, Not
from stepmark.logic.syntax import parse
from stepmark.logic.unreadable import UnreadableError, refuse

MAX_CHARS: Final = 20_000

_LABEL: Final = r"(?:fact|sent|int)\d{1,4}"
_FACT: Final = re.compile(
    r"\b((?:fact|sent)\d{1,4})\s*:\s*(.+?)\s*(?=\b(?:fact|sent)\d{1,4}\s*:|\n|$)"
)
_SPACES: Final = re.compile(r"[^\S\n]+")
_HYPOTHESIS: Final = re.compile(r"hypothesis\$?\s*[:=]\s*(.+)")
_MOVE: Final = re.compile(
    rf"(?P<premises>{_LABEL}(?: ?& ?{_LABEL})*) ?-> ?"
    r"(?:(?P<label>int\d{1,4}) ?: ?(?P<formula>.+)|(?P<no>¬)?hypothesis)"
)
_FRAME: Final = re.compile(r"\s*(?:\$?proof\$?\s*:?)?\s*")


def find_facts(statement: str) -> dict[str, Formula]:
    """Return the facts of a problem by label, and its hypothesis as `hypothesis`.

    Raises:
        UnreadableError: there are none, or one is no formula.
    """
    if len(statement) > MAX_CHARS:
        refuse("too_long", statement)
    statement = _SPACES.sub(" ", statement)
    facts = {label: parse(formula) for label, formula in _FACT.findall(statement)}
    if not facts:
        refuse("no_facts", statement)
    return {**facts, "hypothesis": parse(_hypothesis(statement))}


def _hypothesis(statement: str) -> str:
    """Return the hypothesis, which has its name before it or stands alone before the facts."""
    labelled = _HYPOTHESIS.search(statement)
    if labelled:
        return labelled[1]
    return _FACT.split(statement, maxsplit=1)[0].strip()


def read_proof(facts: dict[str, Formula], steps: Sequence[str]) -> tuple[Read, ...]:
    """Return what each step concludes and what it names for it."""
    known = dict(facts)
    found = [_step(step, known) for step in steps[:MAX_STEPS]]
    return (*found, *(Read(unread="too_many_steps") for _ in steps[MAX_STEPS:]))


def _step(step: str, known: dict[str, Formula]) -> Read:
    moves = [move.strip() for move in step.split(";")]
    moves = [move for move in moves if not _FRAME.fullmatch(move)]
    if moves and all(map(is_answer, moves)):
        return Read(answer=True)
    try:
        asked = tuple(_move(move, known) for move in moves)
    except UnreadableError as error:
        return Read(unread=str(error))
    return Read(asked=asked, silent=not asked)


def _move(text: str, known: dict[str, Formula]) -> Asked:
    """Read one move; what it concludes is known under its label from then on."""
    move = _MOVE.fullmatch(" ".join(text.split()))
    if move is None:
        refuse("no_move", text)
    premises = [known.get(label) for label in re.findall(_LABEL, move["premises"])]
    known.pop(move["label"], None)
    conclusion = _conclusion(move, known["hypothesis"])
    if move["label"]:
        known[move["label"]] = conclusion
    if None in premises:
        refuse("unknown_label", text)
    given = tuple(premise for premise in premises if premise is not None)
    return Asked(text, Entailment(premises=given, conclusion=conclusion), after_unread=False)


def _conclusion(move: re.Match[str], hypothesis: Formula) -> Formula:
    if move["label"]:
        return parse(move["formula"])
    return Not(part=hypothesis) if move["no"] else hypothesis
