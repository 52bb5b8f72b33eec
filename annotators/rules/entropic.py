"""Entropic rule: ER-PRM's soft maximum over the rollouts from a step.

Paper: ER-PRM (arXiv 2412.11006), the entropy-regularised value
(1/η) ln((1/K) Σ_j exp(η r_j)) with r_j in {0, 1}; for a share m of successes that is
(1/η) ln(1 − m + m e^η). It lies above m, the more so the larger η is.
Defaults: η = 1, the authors' code; threshold 0, so that verdicts equal the hard rule's wherever a
value is given; max_unknown 0.25 is ours.
Semantics: potential. Steps after the first error are read like any others.
Deviations: not rounded (the authors keep three decimals); m is over graded draws and withheld
where the share of unknown ones passes the bound. No division can be by zero: η is positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from annotators.rules.reading import Reading, believable, check_share, judged, success_rate
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import Counts

MAX_ETA = 100.0
"""Beyond it the value is 1 for any success, to the last digit that anybody keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entropic:
    """The success rate, bent towards its maximum."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    needs_root: ClassVar[bool] = False

    method: Literal["entropic"]
    eta: float = 1.0
    """How far a value lies above the success rate; in (0, 100]."""
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which a value is given."""
    threshold: float = 0.0
    """Values above it are `correct`, the rest `incorrect`; in [0, 1)."""

    def __post_init__(self) -> None:
        if not 0 < self.eta <= MAX_ETA:
            raise ValueError(f"eta must be in (0, {MAX_ETA:g}], not {self.eta}")
        check_share("max_unknown", self.max_unknown)
        check_share("threshold", self.threshold)

    def read(self, counts: Counts) -> Reading:
        """Return values in [0, 1] or NaN, and verdicts; pure."""
        usable = believable(counts, self.max_unknown)
        values = np.log1p(success_rate(counts) * np.expm1(self.eta)) / self.eta
        above = values > self.threshold
        return judged(values, correct=usable & above, incorrect=usable & ~above)
