"""Advantage rule: PAV's effective reward, by the best of K draws of the policy or of another one.

Paper: Rewarding Progress (arXiv 2410.08146): effective reward Q_π + α·A_μ of a step, where
A_μ = Q_μ(after) − Q_μ(before) is the progress that a prover μ sees in it, and Q_π the success rate
of the policy itself. For "best of K draws", Q_μ = 1 − (1 − Q)^K: of the policy's own Q, no extra
rollouts; with `prover`, of the Q in another annotator's rollouts from the same prefixes.
Defaults: K = 4, the best in the paper's search; α = 0.5, its value for search with 2B and 9B models
(0.2 for 27B). In reinforcement learning the prover was a 2B model, α 5 for 2B and 3 for 9B
policies. max_unknown 0.25 is ours.
Semantics: potential. The value stays Q_π, in [0, 1] as all values; the effective reward, which may
leave that range, decides the verdict: above 0 correct, else incorrect.
Steps after the first error are read like any others. (The paper's seeds end at the "first pit", the
first step with Q = 0: `after_first_error: drop` leaves out what comes later.)
Deviations: the paper trains a model on Q and takes progress from its predictions; progress from
rollouts is noisier. A step is withheld where it has no believable draws, or where the prover has
none of it, of the prefix before it or of the bare problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from annotators.rules.along import before, comparable
from annotators.rules.reading import Reading, believable, check_share, judged, success_rate
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray, Counts, FloatArray, IntArray
from stepmark.labels import NONE, PROVER_NOT_MEASURED
from stepmark.records import Semantics


@dataclass(frozen=True, slots=True, kw_only=True)
class Advantage:
    """1 if success rate and progress together are above 0."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "potential"

    method: Literal["advantage"]
    alpha: float = 0.5
    """Weight of progress against the success rate itself; 0 or more."""
    best_of: int = 4
    """K: how many draws the prover picks the best of."""
    prover: str | None = None
    """Annotator whose rollouts tell what the prover makes of a prefix; null for one's own."""
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which a success rate is believed."""

    def __post_init__(self) -> None:
        check_prover(self.alpha, self.best_of)
        check_share("max_unknown", self.max_unknown)

    @property
    def needs_root(self) -> bool:
        """Whether one's own draws from the bare problem are read: with a prover, only its own."""
        return self.prover is None

    def read(self, counts: Counts) -> Reading:
        """Return values in [0, 1] or NaN, and verdicts; pure.

        Raises:
            ValueError: a prover is named, and the counts hold none of its draws.
        """
        prover = counts if self.prover is None else self._prover_of(counts)
        usable, reasons = self._usable(counts, prover)
        value = success_rate(counts)
        seen = progress(success_rate(before(prover)), success_rate(prover), self.best_of)
        good = value + self.alpha * seen > 0
        return judged(value, correct=usable & good, incorrect=usable & ~good, reasons=reasons)

    def _prover_of(self, counts: Counts) -> Counts:
        if counts.prover is None:
            raise ValueError(f"the counts hold no draws of the prover {self.prover!r}")
        return counts.prover

    def _usable(self, counts: Counts, prover: Counts) -> tuple[BoolArray, IntArray]:
        """Tell which steps can be judged, and why the others cannot."""
        compared, reasons = comparable(prover, self.max_unknown)
        if prover is counts:
            return compared, reasons
        measured = believable(counts, self.max_unknown)
        return measured & compared, np.where(measured, PROVER_NOT_MEASURED, NONE)


def effective_reward(
    before: FloatArray, after: FloatArray, alpha: float, best_of: int
) -> FloatArray:
    """Return Q + α·A of steps that change the success rate so, in [−α, 1 + α]."""
    return after + alpha * progress(before, after, best_of)


def progress(before: FloatArray, after: FloatArray, best_of: int) -> FloatArray:
    """Return A in [−1, 1] of steps that change the rate of one prover's draws so."""
    return prover_value(after, best_of) - prover_value(before, best_of)


def prover_value(rate: FloatArray, best_of: int) -> FloatArray:
    """Return the chance in [0, 1] that one of `best_of` draws succeeds."""
    return 1 - (1 - rate) ** best_of


def check_prover(alpha: float, best_of: int) -> None:
    """Raise ValueError unless these describe a prover."""
    if alpha < 0:
        raise ValueError(f"alpha must be 0 or more, not {alpha}")
    if best_of < 1:
        raise ValueError(f"best_of must be at least 1, not {best_of}")
