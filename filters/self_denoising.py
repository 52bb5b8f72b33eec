"""SCAN's self-denoising: labels of problems that their annotator cannot solve are noise.

Paper: SCAN (arXiv 2509.16548) and its authors' code. The self-confidence of a problem is the share
of bare draws that solve it; below ε neither its right nor its wrong solutions are used, since "none
of the rollouts succeeded" then says little. A wrong solution in which no error was found is dropped
too.
Defaults: ε = 0.75, equality passes: the authors' code.
The other half, soft labels up to d steps before the first error, is the rule `scan`, which also
withholds labels below ε; this filter does it for the labels of any rule, judge or consensus.
Deviations: the rate is that of the problem's first round of draws (the authors take 128), over
graded draws, where the code divides by all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from filters.protocol import Limited, Reasons, because, check_within
from filters.rows import equals, numbers, steps_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfDenoising(Limited):
    """Keep problems that are solved often, and wrong solutions whose error was found."""

    needs_solve_rate: ClassVar[bool] = True

    method: Literal["self_denoising"]
    min_confidence: float = 0.75
    """Least solve rate of a problem, in [0, 1]; equality stays."""

    def __post_init__(self) -> None:
        """Refuse what is no rate."""
        Limited.__post_init__(self)
        check_within("min_confidence", self.min_confidence, 0, 1)

    def decide(self, rows: pa.Table, fitted: None) -> Reasons:  # noqa: ARG002 (nothing is fitted)
        """Return why each row goes; pure."""
        rate, steps = numbers(rows, "solve_rate"), steps_of(rows)
        found = steps.first_error < steps.lengths
        return because(
            ("no_solve_rate", np.isnan(rate)),
            ("rarely_solved", rate < self.min_confidence),
            ("unknown_outcome", equals(rows, "outcome", "unknown")),
            ("error_not_found", equals(rows, "outcome", "incorrect") & ~found),
        )
