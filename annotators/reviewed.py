"""Annotation by people: what they said of a solution is kept, and joined where several did.

Uesato et al. (arXiv 2211.14275) and PRM800K (arXiv 2305.20050) have people mark the first wrong
step. The steps before it are correct, the later ones unlabelled, as PRM800K leaves them (Uesato
calls them incorrect). Several people are joined as the votes of a judge are (`majority`,
annotators/votes.py): more than half of those who can tell must name the same first error, or none;
two that differ leave the solution unlabelled (`tied`). Who cannot tell has no vote. Nobody is asked
while a build runs: reviews are read from a file (stepmark/reviews.py). Semantics: correctness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotators.stored import nothing_spent, rows_of, without_draws
from annotators.votes import Ballots, Votes
from stepmark import ragged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray, IntArray
from stepmark.labels import (
    CANNOT_TELL,
    CORRECT,
    INCORRECT,
    NO_STEPS,
    NONE,
    NOT_REVIEWED,
    TIED,
    UNLABELLED,
    UNREADABLE,
    CodeArray,
    Labels,
)
from stepmark.records import Review, Semantics, Solution
from stepmark.reviews import last_of_each, misfit

REVIEW_COLUMNS: Final = ("solution_id", "reviewer", "says", "first_error")
AGREEMENT: Final = Votes(rule="majority")
"""How several people become one label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """An annotator made of people."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    policies: ClassVar[tuple[str, ...]] = ()

    method: Literal["people"]
    reviews: str | None = None
    """File of their reviews, relative to the recipe's folder; null for the `reviews.jsonl` beside
    the ledger that `stepmark review` writes, which need not be there yet."""

    def gather(self, solution: Solution, reviews: Sequence[Review]) -> tuple[Review, ...]:
        """Return the reviews that are evidence about a solution, one a reviewer, by their names.

        Args:
            solution: the solution.
            reviews: all that stand about it, also about other cuts of its text, in their order.
        """
        fit = (review for review in reviews if misfit(review, solution.steps) is None)
        return tuple(sorted(last_of_each(fit), key=lambda review: review.reviewer))

    def annotate(self, solutions: pa.Table, reviews: pa.Table) -> Labels:
        """Label many solutions from their stored reviews; pure.

        Args:
            solutions: with the columns `id` and `steps`.
            reviews: with the columns `REVIEW_COLUMNS`, in any order, one a solution and reviewer.

        Raises:
            StorageError: a review is of no such solution.
        """
        counts = without_draws(solutions)
        offsets = counts.offsets
        rows = rows_of(reviews, solutions, "reviews")
        steps = AGREEMENT.read(_ballots(reviews, rows, offsets))
        seen = np.bincount(rows, minlength=len(offsets) - 1)
        reasons = _why_silent(steps.reasons, seen, offsets)
        silent = steps.reasons == UNREADABLE
        whole = np.where(silent, reasons[ragged.owners(offsets)], steps.reasons)
        return Labels(
            semantics=self.semantics,
            steps=replace(steps, reasons=whole.astype(np.int8)),
            counts=counts,
            first_error=ragged.first(steps.verdicts == INCORRECT, offsets),
            bracketed=np.zeros(len(seen), dtype=np.bool_),
            reasons=reasons,
            spent=nothing_spent(len(seen)),
        )


def _ballots(reviews: pa.Table, rows: IntArray, offsets: IntArray) -> Ballots:
    """Lay reviews out by step and person; one that cannot tell counts as not read."""
    column = _ranks(rows)
    shape = (int(offsets[-1]), int(column.max(initial=0)) + 1)
    verdicts: CodeArray = np.full(shape, UNLABELLED, dtype=np.int8)
    read: BoolArray = np.zeros(shape, dtype=np.bool_)
    lengths = ragged.lengths(offsets)[rows]
    says_wrong = pc.equal(reviews["says"], "incorrect").to_numpy()
    first = np.where(says_wrong, pc.fill_null(reviews["first_error"], 0).to_numpy(), lengths)
    tells = pc.not_equal(reviews["says"], "unknown").to_numpy()
    for row, who, error in zip(rows[tells], column[tells], first[tells], strict=True):
        start, end = offsets[row], offsets[row + 1]
        read[start:end, who] = True
        verdicts[start : start + error, who] = CORRECT
        verdicts[start + error : min(start + error + 1, end), who] = INCORRECT
    return Ballots(verdicts=verdicts, read=read, offsets=offsets)


def _ranks(rows: IntArray) -> IntArray:
    """Return how many reviews of the same solution stand before each one, int64[reviews]."""
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    ranks = np.empty(len(rows), dtype=np.int64)
    ranks[order] = np.arange(len(rows)) - np.searchsorted(ordered, ordered)
    return ranks


def _why_silent(step_reasons: CodeArray, seen: IntArray, offsets: IntArray) -> CodeArray:
    """Return why people say nothing of a solution, int8[solutions]."""
    lengths = ragged.lengths(offsets)

    def all_steps(reason: int) -> BoolArray:
        without_another: BoolArray = ragged.first(step_reasons != reason, offsets) == lengths
        return without_another

    cases = [lengths == 0, seen == 0, all_steps(UNREADABLE), all_steps(TIED)]
    codes = [NO_STEPS, NOT_REVIEWED, CANNOT_TELL, TIED]
    return np.select(cases, codes, NONE).astype(np.int8)
