"""Votes within one judge: several replies about the same steps become one label a step.

Papers: CAPO (arXiv 2508.02298) joins k = 4 critiques by intersection (best for small policies),
majority or union; SPARK (arXiv 2512.03244) takes the majority of 16 verifications by outcome or,
better, step by step. Pure arithmetic on stored verdicts, vectorised over the steps of many
solutions: another rule asks nobody.
Semantics: the judge's. Defaults: quorum 0.5, ours.
Deviations: ties and thin evidence are unlabelled; a reply that cannot be read is no vote. The
papers' replies speak of every step; one that stops at its first error is here a reply without a
vote on what follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from stepmark import ragged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray, IntArray
from stepmark.labels import (
    AFTER_FIRST_ERROR,
    CORRECT,
    INCORRECT,
    NEUTRAL,
    NONE,
    TIED,
    UNLABELLED,
    UNREADABLE,
    CodeArray,
    StepLabels,
)

VoteRule = Literal[
    "first", "majority", "outcome_majority", "step_majority", "intersection", "union"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballots:
    """Replies about the steps of many solutions, side by side."""

    verdicts: CodeArray
    """int8[steps, votes], codes of `VERDICTS`; unlabelled where a reply says nothing of a step."""
    read: BoolArray
    """bool[steps, votes]: whether the reply about the step could be read."""
    offsets: IntArray
    """int64[solutions + 1]: where each solution's steps start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """How many replies a judge gives, and how they become one label."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    n: int = 1
    """Replies to each question."""
    rule: VoteRule = "first"
    """What they mean together. `first`: the first reply alone. `majority`: more than half of the
    replies name one first error, or none, and the earliest of these counts. `outcome_majority`:
    more than half agree on whether there is an error at all; step by step among those.
    `step_majority`: more than half, step by step. `intersection`: incorrect where all say so.
    `union`: incorrect where any says so. A reply that stopped before a step is one of those that
    count, and says neither."""
    quorum: float = 0.5
    """Share of the n replies, in (0, 1], that must be readable; `first` needs its own alone."""

    def __post_init__(self) -> None:
        if self.n < 1 or not 0 < self.quorum <= 1:
            raise ValueError(
                f"votes have n of 1 or more and a quorum in (0, 1], not {self.n} and {self.quorum}"
            )

    def read(self, ballots: Ballots) -> StepLabels:
        """Return one label a step; a value is the share of votes that do not say incorrect.

        Where replies that stopped at an earlier error could have decided otherwise a step is
        unlabelled; so is one that fewer than half of the replies that count say anything of.
        """
        counts = _counting(self.rule, ballots) & ballots.read
        said = np.where(counts, ballots.verdicts, UNLABELLED)
        wrong, right, neutral = (
            (said == verdict).sum(axis=1) for verdict in (INCORRECT, CORRECT, NEUTRAL)
        )
        votes, replies = wrong + right + neutral, counts.sum(axis=1)
        is_wrong, is_sound = _carried(self.rule, wrong, right + neutral, replies)
        sound = np.where(neutral > right, NEUTRAL, CORRECT)
        decided = np.select([is_wrong, is_sound], [INCORRECT, sound], UNLABELLED)
        told = (decided != UNLABELLED) & (2 * votes >= replies)
        reasons = np.select(
            [~self._enough(ballots), replies == 0, told, votes < replies],
            [UNREADABLE, TIED, NONE, AFTER_FIRST_ERROR],
            TIED,
        )
        silent = reasons != NONE
        return StepLabels(
            verdicts=np.where(silent, UNLABELLED, decided).astype(np.int8),
            values=np.where(silent, np.nan, 1.0 - wrong / np.maximum(votes, 1)),
            interpolated=np.zeros(len(silent), dtype=np.bool_),
            reasons=reasons.astype(np.int8),
        )

    def _enough(self, ballots: Ballots) -> BoolArray:
        """Tell for each step whether enough replies about it could be read."""
        if self.rule == "first":
            first: BoolArray = ballots.read[:, 0]
            return first
        enough: BoolArray = ballots.read.sum(axis=1) >= self.quorum * self.n
        return enough


def _carried(
    rule: VoteRule, wrong: IntArray, sound: IntArray, replies: IntArray
) -> tuple[BoolArray, BoolArray]:
    """Tell where so many votes among so many replies make a step incorrect, and where sound."""
    if rule == "union":
        return wrong > 0, wrong == 0
    if rule == "intersection":
        return wrong == replies, sound > 0
    return 2 * wrong > replies, 2 * sound > replies


def _counting(rule: VoteRule, ballots: Ballots) -> BoolArray:
    """Return which replies count for each step, bool[steps, votes]."""
    shape = ballots.read.shape
    if rule == "first":
        return np.broadcast_to(np.arange(shape[1]) == 0, shape)
    if rule in {"step_majority", "intersection", "union"}:
        return np.ones(shape, dtype=np.bool_)
    whole, first = named(ballots)
    if rule == "outcome_majority":
        first = np.where(first < ragged.lengths(ballots.offsets)[:, None], 0, 1)
    agree = (first[:, :, None] == first[:, None, :]) & whole[:, None, :]
    wins = whole & (2 * agree.sum(axis=2) > whole.sum(axis=1)[:, None])
    if rule == "majority":
        wins &= np.cumsum(wins, axis=1) == 1
    result: BoolArray = wins[ragged.owners(ballots.offsets)]
    return result


def named(ballots: Ballots) -> tuple[BoolArray, IntArray]:
    """Return which replies were read whole and the first error each names, [solutions, votes].

    A reply that names none has the number of steps.
    """
    steps = ragged.lengths(ballots.offsets)
    columns = range(ballots.read.shape[1])
    unread = [ragged.first(~ballots.read[:, vote], ballots.offsets) for vote in columns]
    wrong = ballots.verdicts == INCORRECT
    first = [ragged.first(wrong[:, vote], ballots.offsets) for vote in columns]
    return np.stack(unread, axis=1) == steps[:, None], np.stack(first, axis=1)
