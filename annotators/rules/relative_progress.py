"""Relative progress rule: a step is good if it keeps most of the chance of success.

Paper: GenPRM (arXiv 2504.00891) §3.2, relative progress estimation: P_t = MC_t / MC_(t−1), with
MC_0 from the bare problem; correct iff P_t ≥ ε. Steps from the first MC = 0 on count as 0. The
difference form, MC_t − MC_(t−1) ≥ ε, is the paper's ablation.
Defaults: ε = 0.8 for the ratio and −0.5 for the difference (the paper's threshold ablation);
max_unknown 0.25 is ours.
Semantics: potential; the verdict is about what the step does to it, the value is MC itself.
After the first error: labels go on, so 1, 0, 1 is possible (the paper does not say); after the
first MC = 0 every measured step is incorrect, with value 0.
Divisions: one, of whole numbers, c_t·n_(t−1) by c_(t−1)·n_t: its rounding is that of ε as written,
so that a ratio of exactly ε passes, as it would not always against ε·c_(t−1)·n_t; MC_(t−1) = 0 can
only follow a zero, and such steps are incorrect.
Deviations: a problem whose bare draws never succeed is withheld as `rarely_solved` (the authors
skip it); a step is withheld where it or the prefix before it has no believable draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from annotators.rules.along import before, from_first, root_of
from annotators.rules.reading import Reading, believable, check_share, judged, success_rate
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray, Counts, Tallies
from stepmark.labels import BEFORE_NOT_MEASURED, NONE, RARELY_SOLVED, ROOT_NOT_MEASURED
from stepmark.records import Semantics

Form = Literal["ratio", "difference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeProgress:
    """1 if a step keeps the success rate up, compared with the prefix before it."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "potential"
    needs_root: ClassVar[bool] = True

    method: Literal["relative_progress"]
    form: Form = "ratio"
    """Whether success rates are divided or subtracted."""
    threshold: float | None = None
    """Least ratio or difference of a correct step; null for the paper's 0.8 and −0.5."""
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which a success rate is believed."""

    def __post_init__(self) -> None:
        check_share("max_unknown", self.max_unknown)
        if self.threshold is not None and self.form == "ratio" and self.threshold <= 0:
            raise ValueError(f"threshold of a ratio must be above 0, not {self.threshold}")
        if self.threshold is not None and not -1 <= self.threshold <= 1:
            raise ValueError(f"threshold must be in [-1, 1], not {self.threshold}")

    def read(self, counts: Counts) -> Reading:
        """Return values in [0, 1] or NaN, and verdicts; pure."""
        previous, root = before(counts), root_of(counts)
        measured = believable(counts, self.max_unknown)
        root_measured = believable(root, self.max_unknown)
        usable = measured & root_measured & (root.correct > 0)
        dead = from_first(counts, measured & (counts.correct == 0))
        compared = usable & ~dead & believable(previous, self.max_unknown)
        kept = self._keeps(counts, previous)
        return judged(
            np.where(dead, 0.0, success_rate(counts)),
            correct=compared & kept,
            incorrect=(usable & dead) | (compared & ~kept),
            reasons=np.select(
                [~measured, ~root_measured, root.correct == 0],
                [NONE, ROOT_NOT_MEASURED, RARELY_SOLVED],
                BEFORE_NOT_MEASURED,
            ),
        )

    def _keeps(self, step: Tallies, previous: Tallies) -> BoolArray:
        """Tell where the step keeps enough of the rate: see the header."""
        stays = step.correct * previous.graded
        was = previous.correct * step.graded
        if self.form == "ratio":
            share = 0.8 if self.threshold is None else self.threshold
            kept: BoolArray = stays / np.maximum(was, 1) >= share
        else:
            least = -0.5 if self.threshold is None else self.threshold
            kept = (stays - was) / np.maximum(step.graded * previous.graded, 1) >= least
        return kept
