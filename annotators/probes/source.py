"""What a probe may ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stepmark.counts import FloatArray, Passage, Tally


class TallySource(Protocol):
    """Rollout tallies of one solution's prefixes; `stepmark.sampler.Sampler` is the real one."""

    async def tally(self, position: int, draws: int) -> Tally:
        """Return how `draws` rollouts from the prefix of `position` steps ended."""
        ...


class PassageSource(TallySource, Protocol):
    """The same for a probe that looks at where draws leave the solution's text."""

    @property
    def testimony(self) -> FloatArray | None:
        """What other annotators say: log likelihoods of each first error, float64[steps + 1]."""
        ...

    def passages(self) -> Sequence[Passage]:
        """Return what all draws so far did at each of the solution's steps."""
        ...


class LogprobSource(TallySource, Protocol):
    """A source that also knows how sure the policy was when it wrote the solution."""

    async def logprobs(self) -> Sequence[Sequence[float]]:
        """Return the natural log-probabilities of the tokens of each step."""
        ...
