"""HRM's node merging: a second view of a solution in which one step holds the one before it.

Paper: HRM (arXiv 2503.13551) and its authors' code: with probability 0.5 a node is merged with its
parent, once at most; the score is that of the later step, so that a mistake which is put right at
once counts as put right. Rows of both views are used.
Defaults: 0.5, the authors' code.
Deviations: the code merges nodes of a tree that have four children or more and lie deep enough; a
solution is a chain, so any neighbouring pair may be merged, drawn by the solution's id. Solutions
of fewer than 3 steps have no second view, nor have those where the later step of the pair is
unlabelled: whether a mistake was put right is not known then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pyarrow as pa

from filters.merging import merged
from filters.protocol import Block, check_within
from filters.rows import steps_of
from stepmark import ragged
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
        steps = steps_of(rows)
        ids = rows["id"].to_pylist()
        luck = np.array([fraction_of(content_id("nm", row)) for row in ids], dtype=float)
        chosen = np.flatnonzero((steps.lengths >= SHORTEST) & (luck < self.probability))
        later = np.array([_later(ids[row], int(steps.lengths[row])) for row in chosen], np.int64)
        joined = steps.offsets[chosen] + later
        scored = steps.labelled[joined]
        begins = np.ones(len(steps.verdicts), dtype=np.bool_)
        begins[joined] = False
        inside = np.isin(ragged.owners(steps.offsets), chosen[scored])
        second = merged(rows.take(pa.array(chosen[scored])), begins[inside], "last")
        return pa.concat_tables([rows, second])


def _later(row: str, steps: int) -> int:
    """Return the index of the later step of the pair that is merged, from 1."""
    return 1 + int(fraction_of(content_id("nm", row, "place")) * (steps - 1))
