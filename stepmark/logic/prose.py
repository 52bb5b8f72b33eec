"""Solutions in controlled English or about a row of things: what each step must follow from.

The problem is its statement up to the question. A step is right if each of its claims was said
before (by the problem, or a step) or follows from what was. What that is, is a choice:

- `written`: the solution's own words up to the claim. A step that leaves out a premise does not
  follow, even if the problem states it. Premises are said by repeating them.
- `known`: the problem's statements as well.

Earlier steps are taken as given, right or wrong: labels are local.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from stepmark.logic import english
from stepmark.logic.claims import Claim, Reader, claims, sentences
from stepmark.logic.derivation import Asked, Read
from stepmark.logic.entailment import Entailment
from stepmark.logic.formula import Formula, predicates
from stepmark.logic.ordering import find_row
from stepmark.logic.unreadable import UnreadableError, refuse

Language = Literal["english", "ordering"]
Premises = Literal["written", "known"]

MAX_CHARS: Final = 20_000
MAX_STEPS: Final = 200

_QUESTION: Final = re.compile(
    r"(?:^|(?<=[.\n]))\s*(?:q(?:uestion)?\s*:|is the following\b|which of the following\b|"
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
    rules: tuple[Formula, ...]
    """What holds without being said."""
    stated: tuple[Formula, ...]
    """What it says."""
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
    words = [*stated, *_readable(_ASKED.findall(question), read)]
    return Puzzle(
        read=read,
        rules=rules,
        stated=stated,
        words=frozenset().union(*map(predicates, words)),
    )


def read_steps(puzzle: Puzzle, steps: Sequence[str], premises: Premises) -> tuple[Read, ...]:
    """Return what each step claims and what it must follow from."""
    base = (*puzzle.rules, *(puzzle.stated if premises == "known" else ()))
    before: dict[Formula, None] = {}
    unread = False
    found: list[Read] = []
    for step in steps[:MAX_STEPS]:
        try:
            said = _claims(puzzle, step)
        except UnreadableError as error:
            unread = True
            found.append(Read(unread=str(error)))
            continue
        missing = unread and premises == "written"
        found.append(_read(puzzle, base, before, said, after_unread=missing))
        before.update(dict.fromkeys(claim.formula for claim in said))
    found.extend(Read(unread="too_many_steps") for _ in steps[MAX_STEPS:])
    return tuple(found)


def _claims(puzzle: Puzzle, step: str) -> tuple[Claim, ...]:
    found = tuple(c for sentence in sentences(step) for c in claims(sentence, puzzle.read))
    for claim in found:
        if predicates(claim.formula) - puzzle.words:
            refuse("unknown_word", claim.text)
    return found


def _read(
    puzzle: Puzzle,
    base: tuple[Formula, ...],
    before: Iterable[Formula],
    said: tuple[Claim, ...],
    *,
    after_unread: bool,
) -> Read:
    """Ask for each claim of a step that nobody made before."""
    earlier = dict.fromkeys(before)
    asked = []
    for claim in said:
        if claim.formula not in puzzle.stated and claim.formula not in earlier:
            premises = (*base, *earlier)
            question = Entailment(premises=premises, conclusion=claim.formula)
            asked.append(Asked(text=claim.text, question=question))
        earlier[claim.formula] = None
    return Read(asked=tuple(asked), silent=not said, after_unread=after_unread)


def _readable(texts: Iterable[str], read: Reader) -> tuple[Formula, ...]:
    found = []
    for text in texts:
        try:
            found.append(read(text))
        except UnreadableError:
            continue
    return tuple(found)
