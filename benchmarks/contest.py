"""Probes and rules compared on the same draws of the same solutions.

The posterior's hyper-parameters are fitted on a pilot of other solutions and frozen, as in a build;
`adaptive@0.9 unfitted` has the defaults instead. Rollouts and tokens are those used beyond the
seven draws from the bare problem that sampling the solutions bought, for every probe.

`first_error_exact` forces an answer: the first `incorrect` step for the published readings, the
most likely first error for the posterior, labelled or not; `decided` are those it labels (at the
confidence in its name, else at 0.9), `exact_if_decided` how many of these are exact. `ece` and
`brier` judge values as probabilities that the prefix is sound; a share of successes was never meant
as one, and shows it. Intervals of 95 % resample problems, whose solutions resemble each other.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from annotators.probes import Adaptive, Binary, Exhaustive
from annotators.rules import Hard, Posterior, Soft
from annotators.rules.reading import Reading
from benchmarks.drawn import ROOT_DRAWS, Drawn
from benchmarks.world import TOKENS_A_STEP
from stepmark.counts import Counts, FloatArray, Passage, Tally, counts_of
from stepmark.ids import content_id
from stepmark.labels import CORRECT, INCORRECT, UNLABELLED
from stepmark.metrics.calibration import calibration_error
from stepmark.metrics.intervals import of_mean, of_share
from stepmark.posterior import Hyper, fit, read_many
from stepmark.records import Solution

DRAWS: Final = 8
"""Draws a prefix of the published probes."""
SHARES: Final = (2 / 9, 1 / 3, 1 / 2, 1)
"""Budgets of the adaptive probe, as shares of what the binary search spends."""
CONFIDENCES: Final = (0.8, 0.85, 0.9, 0.95, 0.97)
CERTAIN: Final = 0.9999
"""A confidence that is never reached, so that the budget decides."""


def contest(
    pilot: Sequence[Drawn], solutions: Sequence[Drawn], typical: int
) -> dict[str, dict[str, Any]]:
    """Return the figures of every probe on the same solutions.

    Args:
        pilot: other solutions, on which the posterior's hyper-parameters are fitted.
        solutions: with a wrong answer.
        typical: rollouts that the binary search spends on such solutions, about.
    """
    hyper = fit(counts_seen(spend(Exhaustive(method="exhaustive", draws=DRAWS), pilot)))
    return {
        label: figures(spend(probe, solutions), rule)
        for label, (probe, rule) in contestants(hyper, typical).items()
    }


Probe = Exhaustive | Binary | Adaptive
"""Those that ask for nothing but draws: simulated steps have no tokens."""


def contestants(hyper: Hyper, typical: int) -> dict[str, tuple[Probe, Posterior | None]]:
    """Return probes by name, with the rule that reads their counts; None for the published one."""
    most = 2 * typical
    budgets = [int(share * typical) for share in SHARES]
    exhaustive = Exhaustive(method="exhaustive", draws=DRAWS)
    binary = Binary(method="binary", draws=DRAWS)
    posterior = Posterior(method="posterior", hyper=hyper)
    unfitted = Posterior(method="posterior")
    return {
        "exhaustive": (exhaustive, None),
        "binary": (binary, None),
        "posterior on exhaustive": (exhaustive, posterior),
        "posterior on binary": (binary, posterior),
        **{f"adaptive:{n}": (adaptive(hyper, n), posterior) for n in budgets},
        **{
            f"adaptive@{c}": (adaptive(hyper, most, c), dataclasses.replace(posterior, threshold=c))
            for c in CONFIDENCES
        },
        **{
            f"adaptive:{n}, in twos": (adaptive(hyper, n, at_once=2), posterior)
            for n in budgets[1:3]
        },
        "adaptive@0.9 unfitted": (adaptive(unfitted.hyper, most, 0.9), unfitted),
    }


def adaptive(hyper: Hyper, budget: int, confidence: float = CERTAIN, at_once: int = 1) -> Adaptive:
    """Return the adaptive probe with the root draws of the world."""
    return Adaptive(
        method="adaptive",
        confidence=confidence,
        budget=budget,
        round=at_once,
        root=ROOT_DRAWS,
        hyper=hyper,
    )


@dataclass(kw_only=True)
class Source:
    """Draws of one solution, and how many a probe used of them."""

    solution: Drawn
    used: dict[int, int] = field(default_factory=dict)
    testimony: FloatArray | None = None
    """What witnesses say, log likelihoods of each first error: float64[steps + 1]."""

    async def tally(self, position: int, draws: int) -> Tally:
        """Return how the first draws ended."""
        if position < self.solution.steps:
            self.used[position] = max(draws, self.used.get(position, 0))
        return self.solution.tally(position, draws)

    def passages(self) -> Sequence[Passage]:
        """Return what the draws used so far did at each step."""
        return self.solution.passages(self.used)

    def paid(self) -> tuple[int, int]:
        """Return rollouts and tokens beyond the draws that came with the solutions."""
        rollouts = tokens = 0
        for position, draws in self.used.items():
            free = 0 if position else self.solution.free
            rollouts += max(draws - free, 0)
            tokens += int(self.solution.tokens[position, free:draws].sum())
        return rollouts, tokens


def spend(probe: Probe, solutions: Sequence[Drawn]) -> list[Source]:
    """Let a probe spend draws on each solution; return what it used."""

    async def all_of_them() -> list[Source]:
        sources = [Source(solution=solution) for solution in solutions]
        for source in sources:
            await probe.probe(solution_of(source.solution.steps), source)
        return sources

    return asyncio.run(all_of_them())


def solution_of(steps: int) -> Solution:
    """Return a solution of that many equally long steps, with a wrong answer."""
    return Solution(
        id=content_id("so", steps),
        problem_id=content_id("pb", 0),
        policy="given",
        step_policies=("given",) * steps,
        request="",
        draw=0,
        lead="",
        steps=("x" * 4 * TOKENS_A_STEP,) * steps,
        tail="",
        answer="41",
        outcome="incorrect",
        outcome_reason=None,
        finish_reason="given",
        prompt_tokens=2 * TOKENS_A_STEP,
        completion_tokens=steps * TOKENS_A_STEP,
        solve_rate=None,
        difficulty=None,
    )


def counts_seen(sources: Sequence[Source]) -> Counts:
    """Lay out what a probe saw; every reading has the free draws from the bare problem."""
    used = [{**s.used, 0: max(s.solution.free, s.used.get(0, 0))} for s in sources]
    drawn = [source.solution for source in sources]
    return counts_of(
        [solution.tally(0, its[0]) for solution, its in zip(drawn, used, strict=True)],
        [
            [solution.tally(t, its.get(t, 0)) for t in range(1, solution.steps + 1)]
            for solution, its in zip(drawn, used, strict=True)
        ],
        [solution.passages(its) for solution, its in zip(drawn, used, strict=True)],
    )


def figures(sources: Sequence[Source], rule: Posterior | None) -> dict[str, Any]:
    """Return what a rule makes of the counts, beside the truth; None for the published reading."""
    counts = counts_seen(sources)
    truth = [s.solution.first_error for s in sources]
    if rule is None:
        reading = published(counts)
        answers = first_errors(reading, counts)
        decided = np.ones(len(truth), dtype=bool)
    else:
        reading = rule.read(counts)
        posteriors = read_many(rule.hyper, counts)
        answers = [int(first_error.argmax()) for first_error in posteriors]
        decided = np.array([first_error.max() >= rule.threshold for first_error in posteriors])
    off = np.array([abs(a - t) for a, t in zip(answers, truth, strict=True) if t is not None])
    paid = np.array([s.paid() for s in sources])
    exact = off == 0
    problems = np.array([s.solution.problem for s in sources])
    return {
        "solutions": len(sources),
        "first_error_exact": float(exact.mean()),
        "first_error_exact_95": of_share(exact, problems),
        "within_one": float((off <= 1).mean()),
        "decided": float(decided.mean()),
        "exact_if_decided": float(exact[decided].mean()) if decided.any() else None,
        "exact_if_decided_95": of_share(exact[decided], problems[decided]),
        **_step_figures(reading, counts, truth),
        "rollouts_per_solution": float(paid[:, 0].mean()),
        "rollouts_per_solution_95": of_mean(paid[:, 0], problems),
        "tokens_per_solution": float(paid[:, 1].mean()),
    }


def published(counts: Counts) -> Reading:
    """Read as Math-Shepherd and OmegaPRM do: shares of success, and hard verdicts.

    Steps that were not probed are filled in as the search assumes: sound before a later success,
    broken after the first error.
    """
    soft, hard = Soft(method="soft").read(counts), Hard(method="hard").read(counts)
    values, verdicts = soft.values.copy(), hard.verdicts.copy()
    for start, end in zip(counts.offsets, counts.offsets[1:], strict=False):
        part = slice(int(start), int(end))
        v, blank = verdicts[part], counts.total[part] == 0
        sound, broken = np.flatnonzero(v == CORRECT), np.flatnonzero(v == INCORRECT)
        index = np.arange(len(v))
        before = blank & (index < (sound[-1] if sound.size else -1))
        after = blank & (index > (broken[0] if broken.size else len(v))) & ~before
        verdicts[part] = np.where(before, CORRECT, np.where(after, INCORRECT, v))
        values[part] = np.where(before, 1.0, np.where(after, 0.0, values[part]))
    return Reading(values, verdicts)


def first_errors(reading: Reading, counts: Counts) -> list[int]:
    """Return the first `incorrect` step of each solution; its own wrong answer is always one."""
    parts = np.split(reading.verdicts, counts.offsets[1:-1])
    return [int(np.flatnonzero(part == INCORRECT)[0]) for part in parts]


def _step_figures(
    reading: Reading, counts: Counts, truth: Sequence[int | None]
) -> dict[str, float]:
    lengths = np.diff(counts.offsets).tolist()
    sound = np.concatenate(
        [np.arange(n) < (n if t is None else t) for n, t in zip(lengths, truth, strict=True)]
    )
    said, wrong = reading.verdicts == INCORRECT, ~sound
    valued = ~np.isnan(reading.values)
    return {
        "step_f1": float(2 * (said & wrong).sum() / (said.sum() + wrong.sum())),
        "unlabelled": float((reading.verdicts == UNLABELLED).mean()),
        "ece": calibration_error(reading.values[valued], sound[valued]),
        "brier": float(np.mean((reading.values[valued] - sound[valued]) ** 2)),
    }
