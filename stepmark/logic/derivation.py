"""What the steps of a solution claim, and what each claim has to follow from.

A claim is a formula with the words that it was read from. `Read` is one step: the questions that a
prover has to answer, or why there are none. Pure: nothing is proved here.
"""

from __future__ import annotations

from dataclasses import dataclass

from stepmark.logic.entailment import Entailment


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A claim that must follow."""

    text: str
    """The words of the claim."""
    question: Entailment
    """What it must follow from."""


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
    after_unread: bool = False
    """Whether a step before it could not be read, whose claims are missing from the premises."""
