"""Near-duplicates of problems: a problem whose statement almost repeats an earlier one's.

Paper: "Deduplicating Training Data Makes Language Models Better" (arXiv 2107.06499), as in
filters/alike.py. All rows of such a problem go; the first problem, by shard and row, stays.
Fitted: which problems go. A problem that comes after the fit is in no such list, and stays.
Defaults: 0.8, the paper's; runs of 5 words.
Deviations: those of filters/alike.py. Problems that differ in their numbers alone may be alike: a
higher similarity tells more of them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.alike import repeats
from filters.near_duplicates import check_alike
from filters.protocol import Limited, Reasons, because


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """What was fitted."""

    like: Mapping[str, str]
    """For each problem that goes (`pb_…`) the one that it repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicateProblems(Limited):
    """Keep the first of the problems that are alike."""

    fitted: ClassVar[type[Any] | None] = Repeated

    method: Literal["near_duplicate_problems"]
    similarity: float = 0.8
    """Least Jaccard index, in (0, 1], of the runs of words of two statements that are alike."""
    run: int = 5
    """Words in a run; 1 or more."""

    def __post_init__(self) -> None:
        """Refuse what nothing can be compared by."""
        Limited.__post_init__(self)
        check_alike(self.similarity, self.run)

    def fit(self, shards: Iterable[pa.Table], base: Path) -> Repeated:  # noqa: ARG002 (no file)
        """Find the problems that repeat another."""
        statements: dict[str, str] = {}
        for rows in shards:
            ids, texts = rows["problem_id"].to_pylist(), rows["problem"].to_pylist()
            statements |= dict(zip(ids, texts, strict=True))
        ids, together = list(statements), np.zeros(len(statements), dtype=np.int64)
        texts = list(statements.values())
        like = repeats(texts, together, similarity=self.similarity, run=self.run)
        return Repeated(like={ids[at]: ids[like[at]] for at in np.flatnonzero(like >= 0)})

    def decide(self, rows: pa.Table, fitted: Repeated) -> Reasons:
        """Return why each row goes; pure."""
        gone = pc.is_in(rows["problem_id"], pa.array(list(fitted.like), pa.string()))
        return because(("near_duplicate_problem", gone.to_numpy().astype(np.bool_)))
