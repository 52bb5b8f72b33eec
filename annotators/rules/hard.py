"""Hard rule: a step is good if any rollout from it succeeds.

Paper: Math-Shepherd (arXiv 2312.08935) eq. 3, hard estimation; also OmegaPRM's hard label
1[MC > 0]. Qwen's "Lessons" (arXiv 2501.07301) finds the threshold 0 best of 0 … 7/8.
Semantics: potential. Defaults: max_unknown 0.25 is ours.
Deviations: three outcomes. A success proves the label whatever else is unknown; "none succeeded"
is believed only while the share of unknown draws is within the bound, else the step is unlabelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from annotators.rules.reading import Reading, believable, check_share, judged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Hard:
    """1 if any rollout succeeded, 0 if none did."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    needs_root: ClassVar[bool] = False

    method: Literal["hard"]
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which "none succeeded" is believed."""

    def __post_init__(self) -> None:
        check_share("max_unknown", self.max_unknown)

    def read(self, counts: Counts) -> Reading:
        """Return values in {0, 1, NaN} and verdicts; pure."""
        succeeded = counts.correct > 0
        failed = ~succeeded & believable(counts, self.max_unknown)
        return judged(succeeded.astype(np.float64), correct=succeeded, incorrect=failed)
