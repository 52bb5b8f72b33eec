"""Annotation by preferences: comparisons are kept, and nothing is said of a step by itself.

Paper: Process-based Self-Rewarding (arXiv 2503.03746) makes pairs for DPO of what its search
compared (searches/self_rewarding.py), and no step labels. Being liked less than another step is no
mistake, and being liked more no proof: every step is `unlabelled`, `only_compared`. The pairs are
an export; step labels for the same solutions are another annotator's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from annotators.judges.pairwise import preferred
from annotators.stored import rows_of, without_draws
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import IntArray
from stepmark.evidence import Spent
from stepmark.labels import ONLY_COMPARED, UNLABELLED, CodeArray, Labels, StepLabels
from stepmark.records import Comparison, Semantics

COMPARISON_COLUMNS: Final = ("solution_id", "prompt_tokens", "completion_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Keeps what the search of `solve` compared, and labels no step by it."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"  # claimed of no step
    policies: ClassVar[tuple[str, ...]] = ()

    method: Literal["preferences"]

    def annotate(self, solutions: pa.Table, comparisons: pa.Table) -> Labels:
        """Return that no step has a label, and what comparing cost; pure.

        Args:
            solutions: with the columns `id` and `steps`.
            comparisons: with the columns `COMPARISON_COLUMNS`, in any order.

        Raises:
            StorageError: a comparison is of no such solution.
        """
        counts = without_draws(solutions)
        steps, rows = int(counts.offsets[-1]), len(counts.offsets) - 1
        of = rows_of(comparisons, solutions, "comparisons")
        return Labels(
            semantics=self.semantics,
            steps=StepLabels(
                verdicts=np.full(steps, UNLABELLED, dtype=np.int8),
                values=np.full(steps, np.nan),
                interpolated=np.zeros(steps, dtype=np.bool_),
                reasons=_only_compared(steps),
            ),
            counts=counts,
            first_error=np.diff(counts.offsets),
            bracketed=np.zeros(rows, dtype=np.bool_),
            reasons=_only_compared(rows),
            spent=_spent(comparisons, of, rows),
        )


class Ruling(NamedTuple):
    """What the comparisons at one position come to."""

    best: str
    """The candidate with most wins less losses; of several the one that was drawn first."""
    worst: str
    """The one with fewest; of several the one that was drawn last."""
    reason: Literal["tied", "unreadable"] | None
    """Why they are no preference pair; null if they are one."""


def ruling(comparisons: Iterable[Comparison]) -> Ruling:
    """Rank the candidates at one position; pure.

    A comparison is won by the candidate that is preferred in both orders, or by nobody. Best and
    worst are a pair if the best one has also won against the worst one itself.

    Args:
        comparisons: every two candidates in both orders, ordered by candidate: at least one pair.
    """
    said = {(one.first, one.second): one for one in comparisons}
    candidates = list(dict.fromkeys(first for first, _ in said))
    score: Counter[str] = Counter()
    for pair in combinations(candidates, 2):
        won = _winner(said, *pair)
        score.update({one: 1 if one == won else -1 for one in pair} if won else {})
    best = max(candidates, key=lambda one: score[one])
    worst = min(reversed(candidates), key=lambda one: score[one])
    return Ruling(best, worst, _why_no_pair(said, best, worst, score[best] - score[worst]))


def _winner(said: dict[tuple[str, str], Comparison], one: str, other: str) -> str | None:
    forward, backward = said[one, other], said[other, one]
    won = preferred(forward.preferred or "", backward.preferred or "")
    return {"first": one, "second": other, None: None}[won]


def _why_no_pair(
    said: dict[tuple[str, str], Comparison], best: str, worst: str, margin: int
) -> Literal["tied", "unreadable"] | None:
    if said[best, worst].reason or said[worst, best].reason:
        return "unreadable"
    return None if margin > 0 and _winner(said, best, worst) == best else "tied"


def _only_compared(count: int) -> CodeArray:
    reasons: CodeArray = np.full(count, ONLY_COMPARED, dtype=np.int8)
    return reasons


def _spent(comparisons: pa.Table, rows: IntArray, solutions: int) -> Spent:
    def sums(column: str) -> IntArray:
        tokens = comparisons[column].to_numpy()
        return np.bincount(rows, weights=tokens, minlength=solutions).astype(np.int64)

    replies = np.bincount(rows, minlength=solutions)
    return Spent(
        rollouts=replies,
        requests=replies,
        prompt_tokens=sums("prompt_tokens"),
        completion_tokens=sums("completion_tokens"),
    )
