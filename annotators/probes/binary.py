"""Binary probe: OmegaPRM's search for the first error of a wrong solution.

Paper: OmegaPRM (arXiv 2406.06592v2) §3.2: a prefix from which some rollout succeeds lies before
the first error, one from which none succeeds holds it; halve the interval. k = 8 rollouts (§4).
Cost: draws × ⌈log2 steps⌉ rollouts a solution, about.
Deviations: splits by step index, where the paper splits token spans; when the search ends at the
first step, the bare problem is probed too, so that the error is bracketed by measurements from
both sides; a probe without any graded draw ends the search undecided instead of counting as zero.
The search assumes that values fall to zero once and stay there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from annotators.probes.source import TallySource
from stepmark.blocks import REFUSE_UNKNOWN_KEYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """Halve the interval that holds the first error until it is one step wide."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    asks_root: ClassVar[bool] = False  # only where the search ends at the first step

    method: Literal["binary"]
    draws: int = 8
    """Rollouts a probed prefix."""
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1], at which "none succeeded" is still believed."""

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise ValueError(f"draws must be at least 1, not {self.draws}")
        if not 0 <= self.max_unknown < 1:
            raise ValueError(f"max_unknown must be in [0, 1), not {self.max_unknown}")

    async def probe(self, steps: int, source: TallySource) -> None:
        """Search the prefixes 0 … `steps`, given that the whole solution's answer is wrong."""
        sound, broken = 0, steps
        while broken - sound > 1:
            middle = (sound + broken) // 2
            tally = await source.tally(middle, self.draws)
            if tally.correct:
                sound = middle
            elif tally.unknown <= self.max_unknown * tally.total:
                broken = middle
            else:
                return
        if sound == 0:
            await source.tally(0, self.draws)
