"""Rollout counts of many solutions as flat arrays: what every rule reads.

Step i of solution s sits at `offsets[s] + i`; its counts are those of the prefix that *ends* with
the step. Three outcomes are counted, because a draw that cannot be graded is neither right nor
wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Tally(NamedTuple):
    """How the rollouts from one prefix ended."""

    correct: int = 0
    incorrect: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """All draws, unknown ones too."""
        return self.correct + self.incorrect + self.unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts by step for many solutions; all of `correct`, `incorrect`, `unknown` are int64[N]."""

    correct: IntArray
    """Draws that reached the reference answer."""
    incorrect: IntArray
    """Draws that reached another answer, or none."""
    unknown: IntArray
    """Draws that cannot be counted."""
    offsets: IntArray
    """int64[solutions + 1]: where each solution's steps start; the last entry is N."""

    @property
    def total(self) -> IntArray:
        """Draws by step, int64[N]."""
        return self.correct + self.incorrect + self.unknown
