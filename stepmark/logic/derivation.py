"""What the steps of a solution claim, and what each claim has to follow from.

A step is right if each of its claims was said before (by the problem, or a step) or follows from
what was. What that is, is a choice:

- `written`: the solution's own words up to the claim. A step that leaves out a premise does not
  follow, even if the problem states it. Premises are said by repeating them.
- `known`: the problem's statements as well.

Earlier steps are taken as given, right or wrong: labels are local. By either choice a claim may
rest on words before it that were not read. Pure: nothing is proved here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from stepmark.logic.entailment import Entailment
from stepmark.logic.formula import Formula
from stepmark.logic.unreadable import UnreadableError

Premises = Literal["written", "known"]

MAX_STEPS: Final = 200
"""Steps of a solution that are read; those after them are not."""


class Claim(NamedTuple):
    """What a step says, and its words."""

    text: str
    formula: Formula | None
    """What they mean; null of the final answer, which is not read."""


class Asked(NamedTuple):
    """A claim that must follow, and from what."""

    text: str
    question: Entailment
    after_unread: bool
    """Whether something before it was not read, and so is missing from the premises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One step as it was read."""

    asked: tuple[Asked, ...] = ()
    """Claims that must follow, in order; none if all that the step says was said before."""
    answer: bool = False
    """Whether the step is nothing but the final answer."""
    unread: str | None = None
    """Why the step could not be read, with its words; null if it was."""
    silent: bool = False
    """Whether the step claims nothing, such as "let us think"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a problem gives."""

    rules: tuple[Formula, ...] = ()
    """What holds without being said."""
    stated: tuple[Formula, ...]
    """What it says."""


def derive(
    given: Given, steps: Sequence[tuple[Claim, ...] | UnreadableError], premises: Premises
) -> tuple[Read, ...]:
    """Return what each step's claims must follow from.

    Args:
        given: the problem.
        steps: the claims of each step, or why it could not be read.
        premises: what a claim may rest on.
    """
    base = (*given.rules, *(given.stated if premises == "known" else ()))
    before: dict[Formula, None] = {}
    unread = False
    found: list[Read] = []
    for said in steps[:MAX_STEPS]:
        if isinstance(said, UnreadableError):
            unread = True
            found.append(Read(unread=str(said)))
            continue
        asked = tuple(_asked(given, base, before, said, unread=unread))
        silent = all(claim.formula is None for claim in said)
        found.append(Read(asked=asked, silent=silent))
        unread = unread or any(claim.formula is None for claim in said)
    return (*found, *(Read(unread="too_many_steps") for _ in steps[MAX_STEPS:]))


def _asked(
    given: Given,
    base: tuple[Formula, ...],
    before: dict[Formula, None],
    said: tuple[Claim, ...],
    *,
    unread: bool,
) -> Iterator[Asked]:
    """Ask for each claim of a step that nobody made before; `before` grows by what it says."""
    for text, formula in said:
        if formula is None:
            unread = True
            continue
        if formula not in given.stated and formula not in before:
            yield Asked(text, Entailment(premises=(*base, *before), conclusion=formula), unread)
        before[formula] = None
