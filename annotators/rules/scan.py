"""SCAN: soft labels near the first error, corrected for how well the annotator solves the problem.

Paper: SCAN (arXiv 2509.16548) and its authors' code. The self-confidence SC of a problem is the
success rate of its bare draws; a problem counts only where SC ≥ ε. With the first MC = 0 at step t
and tolerance d: steps before t − d are 1, steps t − d … t − 1 are min(MC/SC, 1), step t is 0, later
ones are dropped.
Defaults: ε = 0.75 (equality passes) and d = 2, the authors' code; max_unknown 0.25 is ours.
The code draws 128 samples of the bare problem and 8 rollouts a prefix.
Semantics: potential. Values above 0 are correct.
After the first error: withheld.
Divisions: SC is at least ε, and ε is above 0.
Deviations: the authors search from the left and stop at the first zero; here any probe may have
bought the counts. The last step is judged by the solution's own answer, so that a wrong solution
always has a zero (the authors drop it where none of the rollouts is). Without a zero every measured
step is 1. SC is over graded draws, without the draw that wrote the solution. A step with a success
among too many unknown draws is 1 before t − d, and withheld nearer. A right answer that the recipe
assumes to prove its steps is taken even where SC < ε, since nobody draws for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from annotators.rules.along import root_of, steps_until
from annotators.rules.reading import (
    AFTER_FIRST_ERROR,
    OWN_DRAWS,
    RARELY_SOLVED,
    ROOT_NOT_MEASURED,
    Reading,
    believable,
    check_share,
    judged,
    success_rate,
)
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Hard far from the first error, soft just before it, nothing after it."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    needs_root: ClassVar[bool] = True

    method: Literal["scan"]
    min_confidence: float = 0.75
    """Least success rate of the bare problem; in (0, 1]."""
    tolerance: int = 2
    """Steps before the first error whose labels are soft; 0 or more."""
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which a success rate is believed."""

    def __post_init__(self) -> None:
        if not 0 < self.min_confidence <= 1:
            raise ValueError(f"min_confidence must be in (0, 1], not {self.min_confidence}")
        if self.tolerance < 0:
            raise ValueError(f"tolerance must be 0 or more, not {self.tolerance}")
        check_share("max_unknown", self.max_unknown)

    def read(self, counts: Counts) -> Reading:
        """Return values in [0, 1] or NaN, and verdicts; pure."""
        root = root_of(counts)
        confidence = success_rate(root)
        root_measured = believable(root, self.max_unknown)
        confident = root_measured & (confidence >= self.min_confidence)
        measured = believable(counts, self.max_unknown)
        zero = measured & (counts.correct == 0)
        left = steps_until(counts, zero)
        near = (left > 0) & (left <= self.tolerance)
        far = left > self.tolerance
        corrected = np.minimum(
            success_rate(counts) / np.maximum(confidence, self.min_confidence), 1
        )
        sound = (near & measured) | (far & (counts.correct > 0))
        reasons = np.select(
            [~root_measured, ~confident, left < 0],
            [ROOT_NOT_MEASURED, RARELY_SOLVED, AFTER_FIRST_ERROR],
            OWN_DRAWS,
        )
        return judged(
            np.where(far, 1.0, corrected),
            correct=confident & sound,
            incorrect=confident & (left == 0),
            reasons=reasons,
        )
