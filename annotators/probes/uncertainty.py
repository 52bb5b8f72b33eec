"""Uncertainty probe: UnPRM's search, from the steps that the policy was least sure of.

Paper: UnPRM (arXiv 2508.01773) and its authors' code. A step's uncertainty is the entropy of its
token log-probabilities, divided by a temperature and put through a softmax: −Σ p ln p, or −Σ ln p.
Prefixes are probed in falling order of the uncertainty of the step that ends them, or of the jump
in it from the step before, until one succeeds less often than the bare problem. If none does, the
last step is the error. Problems with ten or fewer right draws of the bare problem are skipped.
Defaults: temperature 5, 72 draws of the bare problem, at least 11 of them right, 16 draws a prefix
(the authors' least; they take more where the problem is solved more rarely).
Cost: root draws a problem, and draws × the prefixes visited, at most steps − 1, a solution.
Deviations: the authors report the first failing prefix that they visit, which need not be the
earliest; here the search goes left from it until a prefix does not fail. By jumps, the first step
has none and is visited last; the authors never visit it. Plain success rates, not weighed by
perplexity. A prefix with too many unknown draws neither fails nor holds.
It needs the log-probabilities of the solutions' tokens: the recipe asks for them with the solutions
(and the draws of the bare problem, which are the same draws), and a token counts for the step that
its first character stands in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from annotators.probes.source import LogprobSource
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import Tally
from stepmark.records import Solution

Measure = Literal["entropy", "log_sum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Probe the most uncertain steps first, and stop at the first error."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    asks_root: ClassVar[bool] = True

    method: Literal["uncertainty"]
    order: Literal["value", "jump"] = "value"
    """Whether steps go by their uncertainty or by its rise from the step before."""
    measure: Measure = "entropy"
    """How a step's uncertainty is measured."""
    temperature: float = 5.0
    """What log-probabilities are divided by; above 0."""
    draws: int = 16
    """Rollouts a probed prefix."""
    root: int = 72
    """Rollouts from the bare problem."""
    min_root_correct: int = 11
    """Fewest right ones among them at which anything is probed; at least 1."""
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which a success rate is believed."""

    def __post_init__(self) -> None:
        for name in ("draws", "root", "min_root_correct"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.temperature <= 0:
            raise ValueError(f"temperature must be above 0, not {self.temperature}")
        if not 0 <= self.max_unknown < 1:
            raise ValueError(f"max_unknown must be in [0, 1), not {self.max_unknown}")

    async def probe(self, solution: Solution, source: LogprobSource) -> None:
        """Search the prefixes 1 … steps − 1, given that the whole solution's answer is wrong."""
        root = await source.tally(0, self.root)
        if root.correct < self.min_root_correct or not self._believes(root):
            return
        passed: set[int] = set()
        for position in self.visits((await source.logprobs())[: len(solution.steps) - 1]):
            if await self._fails(position, root, source, passed):
                await self._go_left(position, root, source, passed)
                return

    def visits(self, logprobs: Sequence[Sequence[float]]) -> list[int]:
        """Return the positions of the prefixes that these steps end, in the order of the search."""
        sure = [uncertainty_of(step, self.temperature, self.measure) for step in logprobs]
        if self.order == "value":
            return sorted(range(1, len(sure) + 1), key=lambda position: -sure[position - 1])
        later = range(2, len(sure) + 1)
        by_jump = sorted(later, key=lambda position: sure[position - 2] - sure[position - 1])
        return [*by_jump, 1] if sure else []

    async def _go_left(
        self, position: int, root: Tally, source: LogprobSource, passed: set[int]
    ) -> None:
        """Probe the neighbours before a prefix that fails, until one does not."""
        for left in range(position - 1, 0, -1):
            if left in passed or not await self._fails(left, root, source, passed):
                return

    async def _fails(
        self, position: int, root: Tally, source: LogprobSource, passed: set[int]
    ) -> bool:
        """Probe a prefix and tell whether it succeeds less often than the bare problem."""
        tally = await source.tally(position, self.draws)
        step_graded, root_graded = tally.correct + tally.incorrect, root.correct + root.incorrect
        below = tally.correct * root_graded < root.correct * step_graded
        fails = self._believes(tally) and below
        if not fails:
            passed.add(position)
        return fails

    def _believes(self, tally: Tally) -> bool:
        known = tally.total - tally.unknown
        return known > 0 and tally.unknown <= self.max_unknown * tally.total


def uncertainty_of(
    logprobs: Sequence[float], temperature: float = 5.0, measure: Measure = "entropy"
) -> float:
    """Return a step's uncertainty, 0 or more, from the log-probabilities of its tokens."""
    if not logprobs:
        return 0.0
    highest = max(logprobs)
    scaled = [(logprob - highest) / temperature for logprob in logprobs]
    whole = math.log(sum(map(math.exp, scaled)))
    logs = [each - whole for each in scaled]  # of shares that may be too small for a float
    if measure == "log_sum":
        return -sum(logs)
    return -sum(math.exp(each) * each for each in logs)
