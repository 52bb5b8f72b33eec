"""Stepwise ORM rule: one success proves its step, and every step before it.

Paper: GLoRe (arXiv 2402.10963), labels of the stepwise outcome reward model: 1 if any of K = 8
rollouts succeeds; after a positive step all earlier ones are made positive. (Known from detailed
notes: the paper's text was not at hand.)
Defaults: max_unknown 0.25 is ours.
Semantics: potential, of the best policy: a success from a longer prefix is one from this prefix.
After the first error: labels go on; after the last positive step every believed one is incorrect,
so a solution reads 1 … 1 0 … 0.
Deviations: the last step is judged by the solution's own answer, so a right answer makes all
measured steps positive. "None succeeded" is believed only within the bound on unknown draws; a step
is made positive only if some draw of its own was graded. The paper also asks that rollouts use the
prefix's intermediate results (how it tells is not known) and balances positives by depth: neither
is done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from annotators.rules.along import still_to_come
from annotators.rules.reading import Reading, believable, check_share, judged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class StepwiseOrm:
    """1 if any rollout from here or from further on succeeded."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    needs_root: ClassVar[bool] = False

    method: Literal["stepwise_orm"]
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which "none succeeded" is believed."""

    def __post_init__(self) -> None:
        check_share("max_unknown", self.max_unknown)

    def read(self, counts: Counts) -> Reading:
        """Return values in {0, 1, NaN} and verdicts; pure."""
        reaches = still_to_come(counts, counts.correct > 0) > 0
        correct = reaches & (counts.graded > 0)
        incorrect = ~reaches & believable(counts, self.max_unknown)
        return judged(correct.astype(np.float64), correct=correct, incorrect=incorrect)
