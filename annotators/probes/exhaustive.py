"""Exhaustive probe: the same number of rollouts from every prefix, and some of the bare problem.

Paper: Math-Shepherd (arXiv 2312.08935) §3.2: "completer" rollouts after each step.
Default: 8 draws, the number of Qwen's "Lessons" (arXiv 2501.07301); the paper's own is 8 too for
most models in its tables. The last step is judged by the solution's own answer, without rollouts.
Cost: draws × (steps − 1) rollouts a solution, and `root` a problem: its solutions share them.
By difficulty: GenPRM (arXiv 2504.00891) §3.2 draws 32, 64 or 128 times as its problems get harder.
Deviations: Math-Shepherd has no draws from the bare problem; rules that compare with it need some.
Whether right answers are probed is the recipe's `right_answers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from annotators.probes.source import TallySource
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.gather import gather_all
from stepmark.records import Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhaustive:
    """Probe every prefix, all at once."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["exhaustive"]
    draws: int | tuple[int, ...] = 8
    """Rollouts a prefix; or one number for each bin of difficulty, the easiest problems' first."""
    root: int = 0
    """Rollouts from the bare problem; 0 for none."""

    def __post_init__(self) -> None:
        if min(self.by_difficulty, default=0) < 1:
            raise ValueError(f"draws must be at least 1, not {self.draws}")
        if self.root < 0:
            raise ValueError(f"root must be 0 or more, not {self.root}")

    @property
    def asks_root(self) -> bool:
        """Whether every solution gets draws from its bare problem."""
        return self.root > 0

    @property
    def by_difficulty(self) -> tuple[int, ...]:
        """Rollouts a prefix by bin of difficulty: a single one where all are treated alike."""
        return (self.draws,) if isinstance(self.draws, int) else self.draws

    def draws_of(self, solution: Solution) -> int:
        """Return the rollouts a prefix gets; a problem of unknown difficulty counts as hardest."""
        bins, level = self.by_difficulty, solution.difficulty
        return bins[-1] if level is None or len(bins) == 1 else bins[level]

    async def probe(self, solution: Solution, source: TallySource) -> None:
        """Ask for the prefixes 0 … steps, all at once; the first error ends them all."""
        draws = self.draws_of(solution)
        wanted = [(0, self.root)] if self.asks_root else []
        wanted += [(position, draws) for position in range(1, len(solution.steps) + 1)]
        await gather_all(lambda asked: source.tally(*asked), wanted)
