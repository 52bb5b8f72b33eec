"""The steps of a solution, read and proved: one call, pure, for a process that can be killed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from stepmark.logic.derivation import Asked, Premises, Read, derive
from stepmark.logic.entailment import EFFORT, Answer, decide
from stepmark.logic.proof import find_facts, read_proof
from stepmark.logic.prose import find_puzzle, read_steps
from stepmark.logic.translation import read_translation
from stepmark.logic.unreadable import UnreadableError
from stepmark.records import Verdict

Language = Literal["proof", "english", "ordering"]


class Checked(NamedTuple):
    """What was found out about one step."""

    verdict: Verdict
    """`correct` if it follows, `incorrect` if it does not; else `unlabelled`."""
    reason: str | None = None
    """Why it is `unlabelled`: a reason of `stepmark.labels.REASONS`."""
    evidence: str = ""
    """The claim that decided it, or the words that could not be read."""
    answer: bool = False
    """Whether the step is only the final answer, which is for the grader to judge."""


def check_steps(
    statement: str,
    steps: tuple[str, ...],
    language: Language,
    premises: Premises = "written",
    effort: int = EFFORT,
) -> tuple[Checked, ...]:
    """Check each step against its premises.

    Args:
        statement: the problem, with all it states.
        steps: the solution's.
        language: how both are written.
        premises: of prose, what a claim may rest on; a proof names its own.
        effort: units of Z3's work a claim may take.
    """
    try:
        reads = _read(statement, steps, language, premises)
    except UnreadableError as error:
        return _unread(steps, f"the problem: {error}")
    return _proofs(reads, effort)


def check_translation(
    reply: str,
    statement: str,
    steps: tuple[str, ...],
    premises: Premises = "written",
    effort: int = EFFORT,
) -> tuple[Checked, ...]:
    """Check each step as a model's reply translates it; the rest as in `check_steps`."""
    try:
        given, claims = read_translation(reply, statement, steps)
    except UnreadableError as error:
        return _unread(steps, f"the translation: {error}")
    return _proofs(derive(given, claims, premises), effort)


def _unread(steps: tuple[str, ...], evidence: str) -> tuple[Checked, ...]:
    return tuple(Checked("unlabelled", "unclear", evidence) for _ in steps)


def _proofs(reads: tuple[Read, ...], effort: int) -> tuple[Checked, ...]:
    answers = iter(decide([asked.question for read in reads for asked in read.asked], effort))
    return tuple(_checked(read, [next(answers) for _ in read.asked]) for read in reads)


def _read(
    statement: str, steps: tuple[str, ...], language: Language, premises: Premises
) -> tuple[Read, ...]:
    if language == "proof":
        return read_proof(find_facts(statement), steps)
    return read_steps(find_puzzle(statement, language), steps, premises)


def _checked(read: Read, answers: Sequence[Answer]) -> Checked:
    if read.unread is not None:
        return Checked("unlabelled", "unclear", read.unread)
    if read.answer:
        return Checked("unlabelled", "nothing_to_check", answer=True)
    if read.silent:
        return Checked("unlabelled", "nothing_to_check")
    return _proved(read, answers)


def _proved(read: Read, answers: Sequence[Answer]) -> Checked:
    claims = list(zip(read.asked, answers, strict=True))
    for asked, answer in claims:
        if answer.verdict == "invalid":
            return _refuted(asked)
    for asked, answer in claims:
        if answer.reason == "contradictory_premises":
            evidence = f"what comes before contradicts itself: {asked.text}"
            return Checked("unlabelled", "unclear", evidence)
        if answer.verdict == "unknown":
            return Checked("unlabelled", "undecided", f"{answer.reason}: {asked.text}")
    return Checked("correct", None, "; ".join(asked.text for asked in read.asked) or "said before")


def _refuted(asked: Asked) -> Checked:
    if asked.after_unread:
        evidence = f"may follow from what was said before and not read: {asked.text}"
        return Checked("unlabelled", "unclear", evidence)
    return Checked("incorrect", None, f"does not follow: {asked.text}")
