"""Monotone: after the first error nothing should reach the reference answer again.

Paper: OmegaPRM (arXiv 2406.06592) §3.2 finds the first error by bisection, which is right only if
success, once gone, does not come back. Where it was measured to come back, either the first error
is bad luck or the policy corrects itself; SCAN (arXiv 2509.16548) names the latter as what moves
first errors. Neither label can be told from the other, so the solution goes.
Defaults: no success at all is allowed, ours.
Deviations: the papers assume this and drop nothing. A step counts with at least one graded rollout;
the last step is judged by the solution's own answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from filters.protocol import Limited, Reasons, because, check_within
from filters.rows import any_step, steps_of
from stepmark import ragged


@dataclass(frozen=True, slots=True, kw_only=True)
class Monotone(Limited):
    """Drop solutions from which the answer is reached again after the first error."""

    needs_draws: ClassVar[bool] = True

    method: Literal["monotone"]
    tolerance: float = 0.0
    """Largest success rate, in [0, 1], of a prefix that holds the first error."""

    def __post_init__(self) -> None:
        """Refuse what is no rate."""
        Limited.__post_init__(self)
        check_within("tolerance", self.tolerance, 0, 1)

    def decide(self, rows: pa.Table, fitted: None) -> Reasons:  # noqa: ARG002 (nothing is fitted)
        """Return why each row goes; pure."""
        steps = steps_of(rows)
        error = steps.first_error[ragged.owners(steps.offsets)]
        later = ragged.indices(steps.offsets) > error
        rate = steps.correct / np.maximum(steps.graded, 1)
        return because(("recovers", any_step(later & (rate > self.tolerance), steps.offsets)))
