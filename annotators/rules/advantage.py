"""Advantage rule: PAV's effective reward, with the policy's own best of K as the prover.

Paper: Rewarding Progress (arXiv 2410.08146): effective reward Q + α·A of a step, where
A = Q_μ(after) − Q_μ(before) is the progress that a prover μ sees in it. For the prover "best of K
draws of the policy", Q_μ = 1 − (1 − Q)^K: no extra rollouts.
Defaults: K = 4, the best in the paper's search; α = 0.5, its value for search with 2B and 9B models
(0.2 for 27B; 5 and 3 in reinforcement learning); max_unknown 0.25 is ours.
Semantics: potential. The value stays Q, in [0, 1] as all values; the effective reward, which may
leave that range, decides the verdict: above 0 correct, else incorrect.
Steps after the first error are read like any others. (The paper's seeds end at the "first pit", the
first step with Q = 0: `after_first_error: drop` leaves out what comes later.)
Deviations: the paper trains a model on Q and takes progress from its predictions; progress from
rollouts is noisier. Best of K is the only prover: another policy needs that policy's own counts.
A step is withheld where it, the prefix before it or the bare problem has no believable draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from annotators.rules.along import before, comparable
from annotators.rules.reading import Reading, check_share, judged, success_rate
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import Counts, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Advantage:
    """1 if success rate and progress together are above 0."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    needs_root: ClassVar[bool] = True

    method: Literal["advantage"]
    alpha: float = 0.5
    """Weight of progress against the success rate itself; 0 or more."""
    best_of: int = 4
    """K: how many draws of the policy the prover picks the best of."""
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which a success rate is believed."""

    def __post_init__(self) -> None:
        check_prover(self.alpha, self.best_of)
        check_share("max_unknown", self.max_unknown)

    def read(self, counts: Counts) -> Reading:
        """Return values in [0, 1] or NaN, and verdicts; pure."""
        usable, reasons = comparable(counts, self.max_unknown)
        after = success_rate(counts)
        good = effective_reward(success_rate(before(counts)), after, self.alpha, self.best_of) > 0
        return judged(after, correct=usable & good, incorrect=usable & ~good, reasons=reasons)


def effective_reward(
    before: FloatArray, after: FloatArray, alpha: float, best_of: int
) -> FloatArray:
    """Return Q + α·A of steps that change the success rate so, in [−α, 1 + α]."""
    return after + alpha * (prover_value(after, best_of) - prover_value(before, best_of))


def prover_value(rate: FloatArray, best_of: int) -> FloatArray:
    """Return the chance in [0, 1] that one of `best_of` draws succeeds."""
    return 1 - (1 - rate) ** best_of


def check_prover(alpha: float, best_of: int) -> None:
    """Raise ValueError unless these describe a prover."""
    if alpha < 0:
        raise ValueError(f"alpha must be 0 or more, not {alpha}")
    if best_of < 1:
        raise ValueError(f"best_of must be at least 1, not {best_of}")
