"""Judges of known error rates for the measuring world, and what theory says of their consensus.

A scripted judge walks along a solution and stops at a step with the chance that its rates give
(`stepmark.posterior.Confusion`). It may be made to lean on something else: on another judge, whose
word it repeats, or on the rollouts, whose first prefix without a success it blames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.drawn import CORRECT as RIGHT
from benchmarks.drawn import Drawn
from benchmarks.world import TOKENS_A_STEP
from stepmark import ragged
from stepmark.counts import FloatArray, IntArray, no_draws
from stepmark.evidence import Spent
from stepmark.labels import CORRECT, INCORRECT, NONE, UNLABELLED, Labels, StepLabels
from stepmark.posterior import Confusion

DRAWS: Final = 8
"""Draws a prefix of the rollouts that a judge may lean on, and of hard labels."""
Named = IntArray
"""int64[solutions]: the first error that is named; the number of steps for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """A judge of known rates."""

    rates: Confusion
    """How often it stops at a step, by where that stands."""
    seed: int
    """Its own randomness."""

    def reads(
        self, solutions: Sequence[Drawn], lean: Named | None = None, share: float = 0.0
    ) -> Named:
        """Return what it names, repeating `lean` in a share of the solutions."""
        rng = np.random.default_rng(self.seed)
        named = np.array([self._walk(rng, each.steps, truth(each)) for each in solutions])
        if lean is None:
            return named
        return np.where(rng.random(len(named)) < share, lean, named)

    def _walk(self, rng: np.random.Generator, steps: int, error: int) -> int:
        return int(rng.choice(steps + 1, p=chances(self.rates, steps, error)))


def truth(solution: Drawn) -> int:
    """Return the first error; the number of steps if there is none."""
    return solution.steps if solution.first_error is None else solution.first_error


def chances(rates: Confusion, steps: int, error: int) -> FloatArray:
    """Return the chance that a judge names each step, or none: float64[steps + 1]."""
    place = np.arange(steps)
    rate = [place < error, place == error], [rates.before, rates.at]
    stops = np.append(np.select(*rate, rates.after), 1.0)
    passes = np.concatenate([[1.0], np.cumprod(1 - stops[:-1])])
    return np.asarray(stops * passes)


def by_rollouts(solutions: Sequence[Drawn]) -> Named:
    """Return what hard labels of exhaustive rollouts name: where the first dead prefix ends.

    A right answer counts as proof of right steps, as in the published recipes.
    """
    return np.array([_first_dead(each) for each in solutions])


def _first_dead(solution: Drawn) -> int:
    if solution.outcome == "correct":
        return solution.steps
    alive = (solution.ends[:, :DRAWS] == RIGHT).any(axis=1)
    dead = np.flatnonzero(~alive[1:])
    return int(dead[0]) if dead.size else solution.steps - 1


def judge_tokens(solutions: Sequence[Drawn]) -> FloatArray:
    """Return what a reply costs: it is about as long as the solution."""
    return np.array([TOKENS_A_STEP * each.steps for each in solutions], dtype=np.float64)


def rollout_tokens(solutions: Sequence[Drawn]) -> FloatArray:
    """Return what exhaustive rollouts of wrong solutions cost."""
    return np.array(
        [0.0 if each.outcome == "correct" else each.tokens[1:, :DRAWS].sum() for each in solutions],
        dtype=np.float64,
    )


def labels_of(named: Named, solutions: Sequence[Drawn]) -> Labels:
    """Return what was named as an annotator's labels."""
    offsets = np.cumsum([0, *(each.steps for each in solutions)])
    index, error = ragged.indices(offsets), named[ragged.owners(offsets)]
    verdicts = np.where(index < error, CORRECT, np.where(index == error, INCORRECT, UNLABELLED))
    nothing = np.zeros(len(solutions), dtype=np.int64)
    return Labels(
        semantics="correctness",
        steps=StepLabels(
            verdicts=verdicts.astype(np.int8),
            values=np.full(len(verdicts), np.nan),
            interpolated=np.zeros(len(verdicts), dtype=np.bool_),
            reasons=np.full(len(verdicts), NONE, dtype=np.int8),
        ),
        counts=no_draws(offsets),
        first_error=named,
        bracketed=np.zeros(len(solutions), dtype=np.bool_),
        reasons=np.full(len(solutions), NONE, dtype=np.int8),
        spent=Spent(
            rollouts=nothing, requests=nothing, prompt_tokens=nothing, completion_tokens=nothing
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Theory:
    """What two independent judges give who must name the same; expectations over solutions."""

    retention: float
    """Share of solutions that are kept."""
    precision: float
    """Share of those whose named first error is the true one."""
    label_accuracy: float
    """Share of right labels among those of their steps, up to the first error named."""


def agreement_of_two(one: Confusion, other: Confusion, solutions: Sequence[Drawn]) -> Theory:
    """Return what to expect where two independent judges name the same first error, or none."""
    kept = exact = labelled = right = 0.0
    for each in solutions:
        error, steps = truth(each), each.steps
        both = chances(one, steps, error) * chances(other, steps, error)
        named = np.arange(steps + 1)
        kept += both.sum()
        exact += both[error]
        labelled += (both * np.minimum(named + 1, steps)).sum()
        right += (both * right_labels(named, error, steps)).sum()
    return Theory(
        retention=kept / len(solutions), precision=exact / kept, label_accuracy=right / labelled
    )


def right_labels(named: Named, error: int | IntArray, steps: int | IntArray) -> IntArray:
    """Return how many of the labels up to the first error named are right.

    The named step is rightly called incorrect if it is the first error or comes after it.
    """
    found: IntArray = np.minimum(named, error) + ((named < steps) & (named >= error))
    return found
