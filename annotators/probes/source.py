"""What a probe may ask for."""

from __future__ import annotations

from typing import Protocol

from stepmark.counts import Tally


class TallySource(Protocol):
    """Rollout tallies of one solution's prefixes; `stepmark.sampler.Sampler` is the real one."""

    async def tally(self, position: int, draws: int) -> Tally:
        """Return how `draws` rollouts from the prefix of `position` steps ended."""
        ...
