"""Adaptive probe: draws go where they tell most about the first error, and stop when it is known.

Ours; no paper. It answers OmegaPRM's question (arXiv 2406.06592 §3.2) as Bayesian experimental
design: keep the posterior of the first error (stepmark/posterior, docs/adaptive.md), draw from the
prefixes with the largest expected information gain per token, stop at a confidence, at a budget, or
when no draw is worth its while. Read its counts with the `posterior` rule. It starts from what the
annotator's witnesses say, so that rollouts go where a cheap judge leaves doubt.
Defaults: confidence 0.9; budget and worth from simulated worlds (benchmarks/simulated_quality.py),
on seeds apart from those reported.
Cost: at most `budget` rollouts a solution beside those from the bare problem, which are free where
the solution sampling bought them; a handful where the error is plain.
It is deterministic given the tallies. A wrong `hyper` costs rollouts, never more than the budget.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal

import numpy as np

from annotators.probes.source import PassageSource
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import FloatArray, IntArray
from stepmark.gather import gather_all
from stepmark.posterior import Belief, Hyper
from stepmark.records import Solution

PREFILL: Final = 0.25
"""What reading a token costs, if writing one costs 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """Draw where it tells most, until the first error is known."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    draws: ClassVar[int] = 1
    """Rollouts a request."""

    method: Literal["adaptive"]
    confidence: float = 0.9
    """Probability of one first error, or of none, at which drawing stops; in (0, 1)."""
    budget: int = 40
    """Most rollouts a solution, those from the bare problem apart."""
    round: int = 1
    """Prefixes that get one more draw each at a time: more end sooner, with more draws."""
    worth: float = 0.003
    """Least bits about the first error that a draw must promise: the best few per token are asked
    about, so that a dearer one that promises more does not keep it going."""
    root: int = 7
    """Draws from the bare problem to learn its solve rate: `samples` − 1 are already paid for."""
    hyper: Hyper = field(default_factory=Hyper)
    """What is believed beforehand; fitted on a pilot and frozen, or the broad default."""

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must be between 0 and 1, not {self.confidence}")
        for name, least in (("budget", 1), ("round", 1), ("root", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")
        if not 0 <= self.worth < np.inf:
            raise ValueError(f"worth must be at least 0, not {self.worth}")

    @property
    def asks_root(self) -> bool:
        """Whether every solution gets draws from its bare problem."""
        return self.root > 0

    async def probe(self, solution: Solution, source: PassageSource) -> None:
        """Draw from the prefixes of 1 … steps − 1 steps; the whole solution has its own answer."""
        steps = len(solution.steps)
        if steps < 2:  # noqa: PLR2004 (there is no prefix between problem and solution)
            return
        belief = Belief(self.hyper, steps, solution.outcome, source.testimony)
        if self.root:
            await source.tally(0, self.root)
            belief.observe(source.passages())
        cost, drawn = draw_costs(solution), np.zeros(steps, dtype=np.int64)
        while positions := self._next(belief, cost, drawn):
            drawn[positions] += 1
            await gather_all(lambda at: source.tally(at, int(drawn[at])), positions)
            belief.observe(source.passages())

    def _next(self, belief: Belief, cost: FloatArray, drawn: IntArray) -> list[int]:
        """Return the prefixes to draw from next; none when it is time to stop."""
        if not belief.first_error.max() < self.confidence:  # so written, a NaN stops too
            return []
        gains = belief.gains()
        gains[0] = 0.0  # the bare problem is sound whatever the error
        best = np.argsort(-gains / cost, kind="stable")
        left = min(self.round, self.budget - int(drawn.sum()))
        return [position for position in best[:left].tolist() if gains[position] > self.worth]


def draw_costs(solution: Solution) -> FloatArray:
    """Return what a draw from each prefix is expected to cost, in written tokens: float64[steps].

    It writes what is left of the solution and reads problem and prefix. Steps are measured in
    characters, which are scaled to the solution's tokens where those are known.
    """
    characters = np.array([len(step) for step in solution.steps], dtype=np.float64)
    written = characters * (solution.completion_tokens or characters.sum()) / characters.sum()
    before = np.concatenate([[0.0], np.cumsum(written)[:-1]])
    left = written.sum() - before
    return np.asarray(left + PREFILL * (solution.prompt_tokens + before))
