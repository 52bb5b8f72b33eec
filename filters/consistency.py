"""PROF: right answers with poor steps and wrong answers with good ones go, the two sides balanced.

Paper: PROF, "Beyond Correctness" (arXiv 2509.03403). The solutions of a problem are split by their
answer and ranked by the mean value of their steps; of the right ones those with the lowest go, of
the wrong ones those with the highest, as many of each as balances what is left. The authors filter
samples while a policy is trained; here the same is done to a finished build.
Defaults: half is kept, ours: the paper's number is that of its training set-up.
Deviations: the score is the mean of what was measured; where nothing was, the share of labelled
steps that are not incorrect. A side that is short is made up for by the other, so that the number
kept of a problem is as stated. Ties go by the order of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import pyarrow as pa

from filters.protocol import Limited, Reasons, because
from filters.rows import Steps, equals, groups_of, steps_of
from stepmark import ragged
from stepmark.counts import BoolArray, FloatArray, IntArray
from stepmark.ids import content_id, fraction_of
from stepmark.labels import INCORRECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency(Limited):
    """Keep of each problem the solutions whose steps and answer say the same."""

    method: Literal["consistency"]
    keep: float = 0.5
    """Share, in (0, 1], of a problem's graded solutions that is kept, rounded up."""
    ranked: Literal["both", "correct"] = "both"
    """`correct` ranks right answers only, and draws the wrong ones by their ids: safer where values
    are poor."""

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        Limited.__post_init__(self)
        if not 0 < self.keep <= 1:
            raise ValueError(f"keep must be in (0, 1], not {self.keep}")

    def decide(self, rows: pa.Table, fitted: None) -> Reasons:  # noqa: ARG002 (nothing is fitted)
        """Return why each row goes; pure."""
        group, score = groups_of(rows), scores(steps_of(rows))
        right, wrong = equals(rows, "outcome", "correct"), equals(rows, "outcome", "incorrect")
        problems = int(group.max(initial=-1)) + 1
        rights, wrongs = (np.bincount(group[side], minlength=problems) for side in (right, wrong))
        kept_right, kept_wrong = quotas(rights, wrongs, self.keep)
        merit = -score if self.ranked == "both" else _drawn(rows)
        return because(
            ("unknown_outcome", ~right & ~wrong),
            ("right_answer_poor_steps", right & ~_best(group, right, score, kept_right)),
            ("wrong_answer_good_steps", wrong & ~_best(group, wrong, merit, kept_wrong)),
        )


def quotas(right: IntArray, wrong: IntArray, keep: float) -> tuple[IntArray, IntArray]:
    """Return how many right and wrong solutions of each problem stay: as equal as they can be."""
    share = Fraction(str(keep))  # as it is written: 0.07 of 100 is 7, and in floats a bit more
    above, below = share.numerator, share.denominator
    kept = -(-(right + wrong) * above // below)
    of_right = np.minimum(right, np.maximum((kept + 1) // 2, kept - wrong))
    return of_right, kept - of_right


def scores(steps: Steps) -> FloatArray:
    """Return the mean value of each row's steps, or the share that is not incorrect, in [0, 1]."""
    measured = ~np.isnan(steps.values)
    values = _means(np.nan_to_num(steps.values), measured, steps.offsets)
    sound = _means((steps.verdicts != INCORRECT).astype(float), steps.labelled, steps.offsets)
    return np.where(np.isnan(values), np.nan_to_num(sound), values)


def _means(values: FloatArray, chosen: BoolArray, offsets: IntArray) -> FloatArray:
    """Return the mean of the chosen steps of each row, NaN where none is."""
    owner, rows = ragged.owners(offsets)[chosen], len(offsets) - 1
    sums = np.bincount(owner, weights=values[chosen], minlength=rows)
    counts = np.bincount(owner, minlength=rows)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _best(group: IntArray, side: BoolArray, merit: FloatArray, quota: IntArray) -> BoolArray:
    """Return which rows of a side are among the best of their problem, as many as its quota."""
    rows = np.flatnonzero(side)
    order = rows[np.lexsort((rows, -merit[rows], group[rows]))]
    begins = np.searchsorted(group[order], group[order])
    best = np.zeros(len(group), dtype=np.bool_)
    best[order] = np.arange(len(order)) - begins < quota[group[order]]
    return best


def _drawn(rows: pa.Table) -> FloatArray:
    """Return a pseudo-random number in [0, 1) for each row, by its id alone."""
    return np.array([fraction_of(content_id("co", row)) for row in rows["id"].to_pylist()])
