"""Near-duplicates of solutions: a problem's solutions that say the same in almost the same words.

Paper: "Deduplicating Training Data Makes Language Models Better" (arXiv 2107.06499), as in
filters/alike.py. Solutions of one problem and one outcome are compared, the first of them stays.
Defaults: 0.8, the paper's; runs of 5 words.
Deviations: those of filters/alike.py. A wrong solution that hardly differs from a right one stays:
the difference is what a label is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.alike import repeats
from filters.protocol import Limited, Reasons, because
from filters.rows import groups_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicates(Limited):
    """Keep the first of the solutions of a problem that are alike."""

    method: Literal["near_duplicates"]
    similarity: float = 0.8
    """Least Jaccard index, in (0, 1], of the runs of words of two solutions that are alike."""
    run: int = 5
    """Words in a run; 1 or more."""

    def __post_init__(self) -> None:
        """Refuse what nothing can be compared by."""
        Limited.__post_init__(self)
        check_alike(self.similarity, self.run)

    def decide(self, rows: pa.Table, fitted: None) -> Reasons:  # noqa: ARG002 (nothing is fitted)
        """Return why each row goes; pure."""
        texts = ["".join(steps) for steps in rows["steps"].to_pylist()]
        outcomes = pc.index_in(rows["outcome"], pc.unique(rows["outcome"])).to_numpy()
        groups = groups_of(rows) * 3 + outcomes.astype(np.int64)
        like = repeats(texts, groups, similarity=self.similarity, run=self.run)
        return because(("near_duplicate", like >= 0))


def check_alike(similarity: float, run: int) -> None:
    """Raise ValueError unless texts can be compared with these settings."""
    if not 0 < similarity <= 1 or run < 1:
        raise ValueError(
            f"similarity must be in (0, 1] and run 1 or more, not {similarity} and {run}"
        )
