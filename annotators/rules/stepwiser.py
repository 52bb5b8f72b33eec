"""StepWiser's three signals: is a step good in itself, or better than the one before?

Paper: StepWiser (arXiv 2508.19229), labels from Q, the success rate of the rollouts after a step:
`absolute` is Q_t > 0; `ratio` is Q_t / Q_(t−1) > γ; `effective` is Q_t + α·A_t > 0, PAV's effective
reward with the best of K as prover. Q_0 is that of the bare problem.
Defaults: `effective`, the best of the three at 7B; γ = 0.8 (App. A.4), passed strictly; α = 0.5 and
K = 4 are PAV's, the paper gives none; max_unknown 0.25 is ours. The paper draws 16 rollouts a step.
Semantics: potential; the value is Q whatever the signal.
Steps after the first error are read like any others.
Divisions: one, of whole numbers, c_t·n_(t−1) by c_(t−1)·n_t, which rounds as γ is written: a ratio
of exactly γ is incorrect; from Q_(t−1) = 0 a step is correct if it has any success, the ratio's
limit, and incorrect at 0/0.
Deviations: the paper prints the negative case of `effective` as "= 0"; it is read as ≤ 0, since
the sum can be negative. A step is withheld where it or, unless the signal is absolute, the prefix
before it or the bare problem has no believable draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from annotators.rules.advantage import check_prover, effective_reward
from annotators.rules.along import before, comparable
from annotators.rules.reading import Reading, believable, check_share, judged, success_rate
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray, Counts, Tallies
from stepmark.records import Semantics

Signal = Literal["absolute", "ratio", "effective"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWiser:
    """1 if a step is good by the chosen signal."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "potential"

    method: Literal["stepwiser"]
    signal: Signal = "effective"
    """What is asked of a step."""
    gamma: float = 0.8
    """Share of the success rate that a step has to keep more than, for `ratio`; above 0."""
    alpha: float = 0.5
    """Weight of progress, for `effective`; 0 or more."""
    best_of: int = 4
    """K: how many draws the prover picks the best of, for `effective`."""
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which a success rate is believed."""

    def __post_init__(self) -> None:
        if self.gamma <= 0:
            raise ValueError(f"gamma must be above 0, not {self.gamma}")
        check_prover(self.alpha, self.best_of)
        check_share("max_unknown", self.max_unknown)

    @property
    def needs_root(self) -> bool:
        """Whether the rule reads draws from the bare problem."""
        return self.signal != "absolute"

    def read(self, counts: Counts) -> Reading:
        """Return values in [0, 1] or NaN, and verdicts; pure."""
        values = success_rate(counts)
        if self.signal == "absolute":
            usable, good = believable(counts, self.max_unknown), counts.correct > 0
            return judged(values, correct=usable & good, incorrect=usable & ~good)
        usable, reasons = comparable(counts, self.max_unknown)
        good = self._is_progress(counts, before(counts))
        return judged(values, correct=usable & good, incorrect=usable & ~good, reasons=reasons)

    def _is_progress(self, step: Tallies, previous: Tallies) -> BoolArray:
        good: BoolArray
        if self.signal == "ratio":
            stays, was = step.correct * previous.graded, previous.correct * step.graded
            good = np.where(was > 0, stays / np.maximum(was, 1) > self.gamma, stays > 0)
        else:
            rates = success_rate(previous), success_rate(step)
            good = effective_reward(*rates, self.alpha, self.best_of) > 0
        return good
