"""Monte Carlo annotation: a probe spends rollouts on a solution, a rule reads the counts.

Papers: Math-Shepherd (arXiv 2312.08935) is `exhaustive` with `hard` or `soft`; OmegaPRM's search
(arXiv 2406.06592) is `binary` with either. Spending and reading are two functions here: `gather`
awaits draws for one solution, `annotate` is pure arithmetic on the stored rollouts of many, so a
changed rule never calls a model.
Semantics: the rule's.
Traps handled (methods.md §3.1–3.2): the last step is judged by its own answer; steps that were
not probed are flagged as interpolated; a right answer proves right steps only where the recipe
assumes it; unknown draws count neither as failures nor as nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from annotators.probes import Binary, Probe, Searched, Uncertainty
from annotators.rules import Advantage, Posterior, Rule
from stepmark import ragged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray, Counts, IntArray
from stepmark.engines.protocol import Sampling
from stepmark.evidence import OUTCOMES, Evidence
from stepmark.labels import (
    AFTER_FIRST_ERROR,
    CORRECT,
    INCORRECT,
    NO_STEPS,
    NONE,
    NOT_PROBED,
    REASONS,
    RIGHT_ANSWER,
    TOO_MANY_UNKNOWN,
    UNDECIDED,
    UNKNOWN_OUTCOME,
    UNLABELLED,
    CodeArray,
    Labels,
    StepLabels,
)
from stepmark.posterior import Confusion
from stepmark.records import Outcome, Rollout, Semantics, Solution
from stepmark.sampler import Sampler


@dataclass(frozen=True, slots=True, kw_only=True)
class MonteCarlo:
    """An annotator made of a probe and a rule."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["monte_carlo"]
    policy: str
    """Policy that continues the prefixes."""
    probe: Probe
    """Where rollouts are spent."""
    rule: Rule
    """What their counts mean."""
    right_answers: Literal["probe", "assume_correct", "drop"] = "probe"
    """What is done with solutions whose final answer is right."""
    after_first_error: Literal["keep", "drop"] = "keep"
    """Whether steps after the first error keep their labels."""
    sampling: Sampling | None = None
    """How rollouts are drawn; null for as the solutions were."""
    witnesses: Mapping[str, Confusion] = field(default_factory=dict)
    """Judges whose verdicts count as evidence, by name, with how often they call a step incorrect;
    `stepmark rates` estimates it. The adaptive probe starts from what they say."""

    def __post_init__(self) -> None:
        if isinstance(self.probe, Binary | Uncertainty) and self.right_answers == "probe":
            raise ValueError(
                f"the {self.probe.method} probe searches wrong solutions only: set right_answers "
                "to assume_correct or drop"
            )
        if self.rule.needs_root and not self.probe.asks_root:
            raise ValueError(
                f"the rule {self.rule.method} compares with the bare problem, of which the probe "
                f"{self.probe.method} buys no draws: use the exhaustive probe with `root` set"
            )
        if self.witnesses and not isinstance(self.rule, Posterior):
            raise ValueError(
                f"the rule {self.rule.method} has no use for witnesses {sorted(self.witnesses)}: "
                "take the posterior rule, which weighs them"
            )

    @property
    def prover(self) -> str | None:
        """The annotator whose rollouts the rule reads beside one's own, if there is one."""
        return self.rule.prover if isinstance(self.rule, Advantage) else None

    @property
    def needs_logprobs(self) -> bool:
        """Whether it asks how likely the tokens of a solution were."""
        return isinstance(self.probe, Uncertainty)

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies that are asked."""
        return (self.policy,)

    @property
    def semantics(self) -> Semantics:
        """What a label claims."""
        return self.rule.semantics

    def skips(self, solution: Solution) -> str | None:
        """Return why no rollouts are spent on a solution, or None if some are."""
        return REASONS[self._skip(solution.outcome) if solution.steps else NO_STEPS]

    def _skip(self, outcome: Outcome) -> int:
        """Return why solutions that ended so get no rollouts, a code of `REASONS`."""
        if outcome == "correct" and self.right_answers != "probe":
            return RIGHT_ANSWER
        if outcome == "unknown" and isinstance(self.probe, Binary | Uncertainty):
            return UNKNOWN_OUTCOME
        return NONE

    async def gather(self, solution: Solution, sampler: Sampler) -> tuple[Rollout, ...]:
        """Spend rollouts on one solution and return them, by position and draw."""
        if self.skips(solution):
            return ()
        await self.probe.probe(solution, sampler)
        return sampler.rollouts

    def annotate(self, evidence: Evidence) -> Labels:
        """Label many solutions from their stored rollouts; pure."""
        offsets = evidence.drawn.offsets
        skipped = self._skipped(evidence)
        counts = evidence.judged(skipped == NONE)
        assumed = skipped == RIGHT_ANSWER
        assumed &= self.right_answers == "assume_correct"
        steps = _interpolated(self._read(counts), offsets, skipped == NONE)
        steps = _assume(steps, CORRECT, assumed[ragged.owners(offsets)])
        if self.after_first_error == "drop":
            steps = _without_what_follows(steps, offsets, skipped == NONE)
        error = ragged.first(steps.verdicts == INCORRECT, offsets)
        return Labels(
            semantics=self.semantics,
            steps=steps,
            counts=counts,
            first_error=error,
            bracketed=_bracketed(counts, error),
            reasons=np.where(assumed, NONE, skipped).astype(np.int8),
            spent=evidence.spent,
        )

    def _skipped(self, evidence: Evidence) -> CodeArray:
        """Return why each solution got no rollouts, as `skips` does, int8[solutions]."""
        by_outcome = np.array([self._skip(outcome) for outcome in OUTCOMES], dtype=np.int8)
        empty = ragged.lengths(evidence.drawn.offsets) == 0
        skipped = np.where(empty, NO_STEPS, by_outcome[evidence.outcomes])
        if isinstance(self.probe, Searched):
            unsearched = (skipped == NONE) & (evidence.spent.rollouts == 0)
            skipped = np.where(unsearched, NOT_PROBED, skipped)
        return skipped.astype(np.int8)

    def _read(self, counts: Counts) -> StepLabels:
        """Return what the rule says of the counts, with the reason where it says nothing."""
        values, verdicts, said = self.rule.read(counts)
        silent = np.where(counts.total > 0, TOO_MANY_UNKNOWN, NOT_PROBED)
        silent = np.where(np.isnan(values), silent, UNDECIDED)
        if said is not None:
            silent = np.where(said == NONE, silent, said)
        return StepLabels(
            verdicts=verdicts,
            values=values,
            interpolated=(verdicts != UNLABELLED) & (counts.total == 0),
            reasons=np.where(verdicts == UNLABELLED, silent, NONE).astype(np.int8),
        )


def _interpolated(steps: StepLabels, offsets: IntArray, solutions: BoolArray) -> StepLabels:
    """Fill unprobed steps in: sound before a later success, broken after the first error.

    Rests on the search's assumption that values fall to zero once and stay there.
    """
    owner, index = ragged.owners(offsets), ragged.indices(offsets)
    last_sound = ragged.last(steps.verdicts == CORRECT, offsets)[owner]
    broken = ragged.first(steps.verdicts == INCORRECT, offsets)[owner]
    open_ = (steps.reasons == NOT_PROBED) & solutions[owner]
    sound = open_ & (index < last_sound)
    return _assume(_assume(steps, CORRECT, sound), INCORRECT, open_ & ~sound & (index > broken))


def _without_what_follows(steps: StepLabels, offsets: IntArray, solutions: BoolArray) -> StepLabels:
    """Withdraw the labels of the steps after the first error."""
    owner, index = ragged.owners(offsets), ragged.indices(offsets)
    error = ragged.first(steps.verdicts == INCORRECT, offsets)[owner]
    at = solutions[owner] & (index > error)
    return StepLabels(
        verdicts=np.where(at, UNLABELLED, steps.verdicts).astype(np.int8),
        values=np.where(at, np.nan, steps.values),
        interpolated=steps.interpolated & ~at,
        reasons=np.where(at, AFTER_FIRST_ERROR, steps.reasons).astype(np.int8),
    )


def _assume(steps: StepLabels, verdict: int, at: BoolArray) -> StepLabels:
    """Give some steps a verdict that nothing was measured for."""
    return StepLabels(
        verdicts=np.where(at, verdict, steps.verdicts).astype(np.int8),
        values=np.where(at, np.nan, steps.values),
        interpolated=steps.interpolated | at,
        reasons=np.where(at, NONE, steps.reasons).astype(np.int8),
    )


def _bracketed(counts: Counts, error: IntArray) -> BoolArray:
    """Tell where the prefix before the first error was seen to succeed and the one with it not."""
    bracketed = error < ragged.lengths(counts.offsets)
    at = counts.offsets[:-1][bracketed] + error[bracketed]
    before = np.where(error[bracketed] > 0, counts.correct[at - 1], counts.root.correct[bracketed])
    bracketed[bracketed] = (before > 0) & (counts.correct[at] == 0) & (counts.incorrect[at] > 0)
    return bracketed
