"""HRM's node merging: a second view of a solution in which one step holds the one before it.

Paper: HRM (arXiv 2503.13551) and its authors' code: with probability 0.5 a node is merged with its
parent, once at most; the score is that of the later step, so that a mistake which is put right at
once counts as put right. Rows of both views are used.
Defaults: 0.5, the authors' code.
Deviations: the code merges nodes of a tree that have four children or more and lie deep enough; a
solution is a chain, so any neighbouring pair may be merged, drawn by the solution's id. Solutions
of fewer than 3 steps have no second view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.merging import merged
from filters.protocol import Block, check_within
from stepmark.ids import content_id, fraction_of

SHORTEST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeMerge(Block):
    """Add to some solutions a copy of theirs in which two neighbouring steps are one."""

    method: Literal["node_merge"]
    probability: float = 0.5
    """Chance, in [0, 1], that a solution gets a second view."""

    def __post_init__(self) -> None:
        """Refuse what is no chance."""
        check_within("probability", self.probability, 0, 1)

    def change(self, rows: pa.Table, fitted: None) -> pa.Table:  # noqa: ARG002 (nothing is fitted)
        """Return the rows and, after them, the second views; pure."""
        lengths = pc.list_value_length(rows["steps"]).to_numpy().astype(np.int64)
        ids = rows["id"].to_pylist()
        luck = np.array([fraction_of(content_id("nm", row)) for row in ids], dtype=float)
        chosen = (lengths >= SHORTEST) & (luck < self.probability)
        again = rows.filter(pa.array(chosen))
        begins = [
            step != 1 + int(place * (length - 1))
            for row, length in zip(again["id"].to_pylist(), lengths[chosen].tolist(), strict=True)
            for place in [fraction_of(content_id("nm", row, "place"))]
            for step in range(length)
        ]
        second = merged(again, np.array(begins, dtype=np.bool_), "last")
        return pa.concat_tables([rows, second])
