"""Soft rule: a step's value is the share of rollouts from it that succeed.

Paper: Math-Shepherd (arXiv 2312.08935) eq. 4, soft estimation; OmegaPRM trains on the same MC.
Semantics: potential. Defaults: threshold 0 (a value above it is `correct`), so that verdicts equal
the hard rule's wherever a value is given; max_unknown 0.25 is ours.
Deviations: three outcomes. The value is over graded draws only, and withheld where the share of
unknown ones passes the bound; the counts stay beside it on the label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from annotators.rules.reading import Reading, believable, check_share, judged, success_rate
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Soft:
    """The success rate itself."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    needs_root: ClassVar[bool] = False

    method: Literal["soft"]
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which a value is given."""
    threshold: float = 0.0
    """Values above it are `correct`, the rest `incorrect`; in [0, 1)."""

    def __post_init__(self) -> None:
        check_share("max_unknown", self.max_unknown)
        check_share("threshold", self.threshold)

    def read(self, counts: Counts) -> Reading:
        """Return values in [0, 1] or NaN, and verdicts; pure."""
        usable = believable(counts, self.max_unknown)
        values = success_rate(counts)
        above = values > self.threshold
        return judged(values, correct=usable & above, incorrect=usable & ~above)
