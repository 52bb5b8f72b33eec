"""Hardness: problems that are solved too often or too rarely teach little.

Papers: PRIME (arXiv 2502.01456) keeps prompts solved in 0.2 to 0.8 of the attempts, both ends
included (the default here); StepWiser (arXiv 2508.19229) drops those solved always or never: with
16 samples `least: 0.0625, most: 0.9375`.
Deviations: the rate is the stored one of the problem's first round of draws, without those that
could not be graded. `solve: {solve_rate: …}` does the same before rollouts are bought.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from filters.protocol import Limited, Reasons, because, check_within
from filters.rows import numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardness(Limited):
    """Keep the problems whose solve rate lies within bounds."""

    needs_solve_rate: ClassVar[bool] = True

    method: Literal["hardness"]
    least: float = 0.2
    """Smallest solve rate, in [0, 1]; equality stays."""
    most: float = 0.8
    """Largest solve rate, in [0, 1]; equality stays."""

    def __post_init__(self) -> None:
        """Refuse bounds that do not rise."""
        Limited.__post_init__(self)
        check_within("most", self.most, 0, 1)
        check_within("least", self.least, 0, self.most)

    def decide(self, rows: pa.Table, fitted: None) -> Reasons:  # noqa: ARG002 (nothing is fitted)
        """Return why each row goes; pure."""
        rate = numbers(rows, "solve_rate")
        return because(
            ("no_solve_rate", np.isnan(rate)),
            ("too_hard", rate < self.least),
            ("too_easy", rate > self.most),
        )
