"""Critiques as training data: those that agree with the labels, and pairs of one that does not.

Chats for a generative PRM (GenPRM, arXiv 2504.00891; R-PRM, arXiv 2503.21295; SPARK): the question
that the judge was asked and a reply whose verdicts agree with the labels. `{prompt, chosen,
rejected}` is R-PRM's critique DPO: an agreeing and a disagreeing reply to the same question.
A reply is read up to and with the first step that it calls incorrect. It agrees if of every step
that it speaks of there it says what the label says, and disagrees if it contradicts one label. One
that speaks of an unlabelled step is neither: no label confirms it (filters/rationales.py).
Replies that could not be read are in neither, nor those that end a conversation of several turns,
since they answer what a tool or another reply said; a question's replies are paired in the order of
their draws, each at most once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from stepmark.records import Critique, Verdict, first_error
from storage.export.chat import Turn
from storage.export.written import Written
from storage.rows import LabelledSolution

Stance = Literal["agrees", "disagrees", "neither", "unreadable", "in_turns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question to a judge and all its replies."""

    asked: tuple[Turn, ...]
    """The conversation up to the judge's turn."""
    labelled: LabelledSolution
    """The solution that it is about, with its labels."""
    replies: tuple[Critique, ...]
    """What the judge replied, by draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CritiqueChat:
    """A conversation that ends with a critique to learn."""

    messages: tuple[Turn, ...]
    """The question, and the reply as the assistant's turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CritiquePair:
    """Two critiques in reply to the same question."""

    prompt: tuple[Turn, ...]
    """The question."""
    chosen: tuple[Turn, ...]
    """A reply that agrees with the labels."""
    rejected: tuple[Turn, ...]
    """One that contradicts them."""


def critique_chats(exchanges: Iterable[Exchange]) -> Written:
    """Return the `CritiqueChat` of every reply that agrees with the labels."""
    rows: list[CritiqueChat] = []
    unsaid: Counter[str] = Counter()
    for exchange in exchanges:
        for reply in exchange.replies:
            stance = stance_of(reply, exchange.labelled.verdicts)
            if stance == "agrees":
                rows.append(CritiqueChat(messages=(*exchange.asked, *_turn(reply))))
            else:
                unsaid[_why(stance)] += 1
    return Written(tuple(rows), unsaid)


def critique_pairs(exchanges: Iterable[Exchange]) -> Written:
    """Return the `CritiquePair` rows of questions with replies of both kinds."""
    rows: list[CritiquePair] = []
    unsaid: Counter[str] = Counter()
    for exchange in exchanges:
        stances = [stance_of(reply, exchange.labelled.verdicts) for reply in exchange.replies]
        agreeing = _those(exchange.replies, stances, "agrees")
        disagreeing = _those(exchange.replies, stances, "disagrees")
        rows += [
            CritiquePair(prompt=exchange.asked, chosen=_turn(good), rejected=_turn(bad))
            for good, bad in zip(agreeing, disagreeing, strict=False)
        ]
        unsaid.update(_why(s) for s in stances if s not in {"agrees", "disagrees"})
        unsaid["replies without a partner"] += abs(len(agreeing) - len(disagreeing))
    return Written(tuple(rows), +unsaid)


def stance_of(reply: Critique, labels: Sequence[Verdict]) -> Stance:
    """Tell whether a reply says what the labels of all steps say."""
    if reply.reason is not None:
        return "unreadable"
    if reply.earlier:
        return "in_turns"
    spoken = labels[reply.first : reply.first + len(reply.verdicts)]
    error = first_error(reply.verdicts)
    heard = reply.verdicts if error is None else reply.verdicts[: error + 1]
    both = [
        (said, label) for said, label in zip(heard, spoken, strict=False) if said != "unlabelled"
    ]
    if any(label not in {said, "unlabelled"} for said, label in both):
        return "disagrees"
    confirmed = both and all(label != "unlabelled" for _, label in both)
    return "agrees" if confirmed else "neither"


def _those(
    replies: Sequence[Critique], stances: Sequence[Stance], wanted: Stance
) -> list[Critique]:
    return [reply for reply, stance in zip(replies, stances, strict=True) if stance == wanted]


def _turn(reply: Critique) -> tuple[Turn, ...]:
    return (Turn(role="assistant", content=reply.text),)


def _why(stance: Stance) -> str:
    return {
        "disagrees": "replies that contradict the labels",
        "neither": "replies that no label confirms",
        "unreadable": "replies that cannot be read",
        "in_turns": "replies that end a conversation of several turns",
    }[stance]
