"""Root-relative rule: a prefix fails when it succeeds less often than the bare problem.

Paper: UnPRM (arXiv 2508.01773), its code's threshold: a prefix whose success rate is below that of
the bare problem holds the first error; steps before it are right, it and all later ones wrong.
Problems with ten or fewer right draws from the bare problem are skipped.
Defaults: min_root_correct 11 is the authors', of 72 draws; max_unknown 0.25 is ours.
Semantics: potential; the value is the success rate.
After the first error: every measured step is incorrect, whatever its own draws.
Divisions: none is carried out; c_t·n_0 and c_0·n_t are compared.
Deviations: plain success rates, where the authors weigh every draw by its perplexity (rules read
counts, and counts have no log-probabilities); the rate of the bare problem is that of all its
draws, where the authors draw it anew, as often as a step; a problem that is solved too rarely is
withheld as `rarely_solved`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from annotators.rules.along import root_of, seen_so_far
from annotators.rules.reading import (
    OWN_DRAWS,
    RARELY_SOLVED,
    ROOT_NOT_MEASURED,
    Reading,
    believable,
    check_share,
    judged,
    success_rate,
)
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class RootRelative:
    """1 until a prefix succeeds less often than the bare problem, 0 from there on."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    needs_root: ClassVar[bool] = True

    method: Literal["root_relative"]
    min_root_correct: int = 11
    """Fewest right draws from the bare problem at which its rate is a threshold; at least 1."""
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which a success rate is believed."""

    def __post_init__(self) -> None:
        if self.min_root_correct < 1:
            raise ValueError(f"min_root_correct must be at least 1, not {self.min_root_correct}")
        check_share("max_unknown", self.max_unknown)

    def read(self, counts: Counts) -> Reading:
        """Return values in [0, 1] or NaN, and verdicts; pure."""
        root = root_of(counts)
        measured = believable(counts, self.max_unknown)
        root_measured = believable(root, self.max_unknown)
        solved = root.correct >= self.min_root_correct
        usable = measured & root_measured & solved
        below = usable & (counts.correct * root.graded < root.correct * counts.graded)
        failed = seen_so_far(counts, below) > 0
        return judged(
            success_rate(counts),
            correct=usable & ~failed,
            incorrect=usable & failed,
            reasons=np.select(
                [~measured, ~root_measured], [OWN_DRAWS, ROOT_NOT_MEASURED], RARELY_SOLVED
            ),
        )
