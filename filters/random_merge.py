"""FoVer's random merge: some neighbouring steps become one, so that steps differ in their length.

Paper: FoVer (arXiv 2505.15960), its released code: with probability 0.2 a step is joined to the
next one, at most two at a time and never the last step, where the answer is; the joint step is
correct if both are.
Defaults: 0.2, the authors' code.
Deviations: the draw is seeded by the solution's id and the step; the code seeds it by the step
alone, so that the same places are merged in every item. The last step is the last one; the code's
test is one off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.merging import merged
from filters.protocol import Block, check_within
from stepmark.ids import content_id, fraction_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomMerge(Block):
    """Join some pairs of neighbouring steps."""

    method: Literal["random_merge"]
    probability: float = 0.2
    """Chance, in [0, 1], that a step is joined to the next one."""

    def __post_init__(self) -> None:
        """Refuse what is no chance."""
        check_within("probability", self.probability, 0, 1)

    def change(self, rows: pa.Table, fitted: None) -> pa.Table:  # noqa: ARG002 (nothing is fitted)
        """Return the rows with pairs of steps joined; pure."""
        lengths = pc.list_value_length(rows["steps"]).to_pylist()
        begins = [
            begin
            for row, length in zip(rows["id"].to_pylist(), lengths, strict=True)
            for begin in self._begins(row, length)
        ]
        return merged(rows, np.array(begins, dtype=np.bool_), "worst")

    def _begins(self, row: str, length: int) -> list[bool]:
        """Return which of a row's steps are still the beginning of one."""
        begins = [True] * length
        for step in range(length - 2):
            if begins[step] and fraction_of(content_id("rm", row, step)) < self.probability:
                begins[step + 1] = False
        return begins
