"""Consensus and evidence fusion against every single source, in simulated worlds.

    python -m benchmarks.consensus --plot docs/consensus.png

A simulation, not a measurement on models: two scripted judges of known error rates and the rollouts
of benchmarks/world.py. Three conditions: everybody errs independently; the second judge repeats the
first one in a share of the solutions; both judges repeat, in that share, what hard labels of eight
rollouts a prefix say. Rates and hyper-parameters are fitted on a pilot of other solutions of the
same condition. A judge's reply costs as many tokens as the solution has.

`precision` is the share of kept solutions whose first error, or none, is named exactly;
`retention` the share kept; `first_error_exact` the share of all solutions, kept or not, whose best
guess is exact (a consensus without agreement guesses nothing). A third of the solutions are right
answers, of which a fifth hide an error. Where votes or a budget can be chosen, they are
chosen to cost as much as fusion with one judge. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from annotators.probes import Adaptive, Exhaustive
from benchmarks.contest import Source, counts_seen, solution_of, spend
from benchmarks.drawn import ROOT_DRAWS, Drawn
from benchmarks.scripted_judges import (
    DRAWS,
    Named,
    Scripted,
    agreement_of_two,
    by_rollouts,
    judge_tokens,
    labels_of,
    right_labels,
    rollout_tokens,
    truth,
)
from benchmarks.world import WORLDS
from filters.consensus import SameFirstError
from stepmark.counts import BoolArray, FloatArray
from stepmark.labels import NONE
from stepmark.posterior import Confusion, Hyper, evidence_of_many, fit, fit_confusion, read_many

FIRST = Scripted(rates=Confusion(before=0.04, at=0.6, after=0.15), seed=1)
SECOND = Scripted(rates=Confusion(before=0.07, at=0.5, after=0.15), seed=2)
LEANING: Final = 0.6
"""Share of the solutions in which a judge repeats somebody."""
CONDITIONS: Final = ("independent", "judges alike", "judges like rollouts")
CONFIDENCE: Final = 0.9
BUDGETS: Final = (6, 12, 20, 40)
"""Budgets of the adaptive probe that one of equal cost is chosen from."""
MOST_VOTES: Final = 15
PILOT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a source names of every solution, what it keeps, and what it cost."""

    named: Named
    """Best guesses; −1 for none."""
    kept: BoolArray
    tokens: FloatArray

    def figures(self, solutions: Sequence[Drawn]) -> dict[str, float]:
        """Return precision, retention, exactness and cost."""
        exact = self.named == np.array([truth(each) for each in solutions])
        return {
            "precision": round(float(exact[self.kept].mean()), 4) if self.kept.any() else 0.0,
            "retention": round(float(self.kept.mean()), 4),
            "first_error_exact": round(float(exact.mean()), 4),
            "cost_tokens_per_solution": round(float(self.tokens.mean()), 1),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the judges say of a set of solutions in one condition."""

    first: Named
    second: Named

    @classmethod
    def of(cls, solutions: Sequence[Drawn], condition: str, seed: int) -> Heard:
        """Ask both judges."""
        lean = by_rollouts(solutions) if condition == "judges like rollouts" else None
        first = replace(FIRST, seed=FIRST.seed + seed).reads(solutions, lean, LEANING)
        if condition == "judges alike":
            lean = first
        return cls(
            first=first,
            second=replace(SECOND, seed=SECOND.seed + seed).reads(solutions, lean, LEANING),
        )

    def testimony(self, rates: Sequence[Confusion], solutions: Sequence[Drawn]) -> FloatArray:
        """Return what they say together as evidence; of the first alone if one has rates."""
        said = [labels_of(named, solutions) for named in (self.first, self.second)]
        return np.asarray(
            sum(
                evidence_of_many(each.steps.verdicts, each.counts.offsets, its)
                for each, its in zip(said, rates, strict=False)
            )
        )

    def rates(self, solutions: Sequence[Drawn]) -> list[Confusion]:
        """Return the judges' rates, counted on solutions whose truth is known."""
        return [
            fit_confusion(
                [
                    (_verdicts(named, each.steps), each.first_error)
                    for named, each in zip(its.tolist(), solutions, strict=True)
                ]
            )
            for its in (self.first, self.second)
        ]


def _verdicts(named: int, steps: int) -> list[Any]:
    return ["correct"] * named + ["incorrect"] * (named < steps)


def main() -> None:
    """Simulate, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--solutions", type=int, default=300, help="in each world")
    parser.add_argument("--worlds", nargs="+", default=["as_assumed", "noisy"])
    parser.add_argument("--plot", type=Path, help="where to draw the figures")
    options = parser.parse_args()
    figures = {
        f"{world}, {condition}: {source}": its
        for world in options.worlds
        for condition, by_source in measure(world, options.solutions, PILOT).items()
        for source, its in by_source.items()
    }
    if options.plot:
        from benchmarks.consensus_plot import draw

        draw(figures, options.plot)
    print(json.dumps(figures))


def drawn(world: str, number: int, seed: int) -> list[Drawn]:
    """Return solutions of a world, two thirds of them with a wrong answer."""
    wrong = 2 * number // 3
    return [
        *WORLDS[world].solutions(wrong, seed, "incorrect"),
        *WORLDS[world].solutions(number - wrong, seed + 1, "correct"),
    ]


def measure(world: str, number: int, fitted_on: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return the figures of every source by condition, on so many solutions of a world."""
    solutions, pilot = drawn(world, number, 70), drawn(world, fitted_on, 90)
    wrong = [each for each in pilot if each.outcome == "incorrect"]
    hyper = fit(counts_seen(spend(Exhaustive(method="exhaustive", draws=DRAWS), wrong)))
    alone = {budget: probed(solutions, hyper, budget) for budget in BUDGETS}
    return {
        condition: _of_condition(condition, solutions, pilot, hyper, alone)
        for condition in CONDITIONS
    }


def _of_condition(
    condition: str,
    solutions: Sequence[Drawn],
    pilot: Sequence[Drawn],
    hyper: Hyper,
    alone: Mapping[int, Found],
) -> dict[str, dict[str, float]]:
    rates = Heard.of(pilot, condition, 100).rates(pilot)
    heard = Heard.of(solutions, condition, 0)
    reply = judge_tokens(solutions)
    everybody = np.ones(len(solutions), dtype=np.bool_)
    rollouts = Found(named=by_rollouts(solutions), kept=everybody, tokens=rollout_tokens(solutions))
    one = Found(named=heard.first, kept=everybody, tokens=reply)
    other = Found(named=heard.second, kept=everybody, tokens=reply)
    fused = probed(solutions, hyper, max(BUDGETS), heard.testimony(rates[:1], solutions))
    fused = replace(fused, tokens=fused.tokens + reply)
    both = probed(solutions, hyper, max(BUDGETS), heard.testimony(rates, solutions))
    both = replace(both, tokens=both.tokens + 2 * reply)
    cost = float(fused.tokens.mean())
    votes = min(MOST_VOTES, max(1, round(cost / float(reply.mean()))))
    same = min(alone, key=lambda budget: abs(float(alone[budget].tokens.mean()) - cost))
    found = {
        "judge": one,
        "second judge": other,
        "judge, votes at equal cost": _voted(heard.first, solutions, condition, votes, LEANING),
        "judge, independent votes": _voted(heard.first, solutions, condition, votes, 0.0),
        "rollouts, hard": rollouts,
        "adaptive": alone[max(BUDGETS)],
        "adaptive at equal cost": alone[same],
        "consensus of both judges": _agreed(one, other, solutions),
        "consensus of judge and rollouts": _agreed(one, rollouts, solutions),
        "fusion": fused,
        "fusion of both judges": both,
    }
    figures = {source: its.figures(solutions) for source, its in found.items()}
    if condition == "independent":
        figures["consensus of both judges"] |= _against_theory(
            found["consensus of both judges"], solutions
        )
    return figures


def probed(
    solutions: Sequence[Drawn],
    hyper: Hyper,
    budget: int,
    testimony: FloatArray | None = None,
) -> Found:
    """Let the adaptive probe draw, and name what the posterior believes."""
    probe = Adaptive(
        method="adaptive", confidence=CONFIDENCE, budget=budget, root=ROOT_DRAWS, hyper=hyper
    )
    ends = np.cumsum([each.steps + 1 for each in solutions])[:-1]
    said = [None] * len(solutions) if testimony is None else np.split(testimony, ends)
    sources = [
        Source(solution=solution, testimony=its)
        for solution, its in zip(solutions, said, strict=True)
    ]

    async def spend_all() -> None:
        for source in sources:
            written = solution_of(source.solution.steps)
            await probe.probe(replace(written, outcome=source.solution.outcome), source)

    asyncio.run(spend_all())
    counts = replace(counts_seen(sources), testimony=testimony)
    posteriors = read_many(hyper, counts)
    return Found(
        named=np.array([int(each.argmax()) for each in posteriors]),
        kept=np.array([bool(each.max() >= CONFIDENCE) for each in posteriors]),
        tokens=np.array([source.paid()[1] for source in sources], dtype=np.float64),
    )


def _agreed(one: Found, other: Found, solutions: Sequence[Drawn]) -> Found:
    """Keep what both name alike, by the filter that a recipe takes."""
    consensus = SameFirstError(method="same_first_error", of=("one", "other"))
    labels = consensus.combine([labels_of(each.named, solutions) for each in (one, other)])
    kept = labels.reasons == NONE
    return Found(named=np.where(kept, one.named, -1), kept=kept, tokens=one.tokens + other.tokens)


def _voted(
    first: Named, solutions: Sequence[Drawn], condition: str, votes: int, alike: float
) -> Found:
    """Return what most votes of the first judge name; kept if they are more than half.

    Votes of one model resemble each other: in a share of the solutions, each of its own, a vote
    repeats the first one. Independent ones are the best that more votes could do.
    """
    rng = np.random.default_rng(votes)
    others = [Heard.of(solutions, condition, 1000 * vote).first for vote in range(1, votes)]
    repeats = [rng.random(len(first)) < alike for _ in others]
    every = np.stack(
        [first, *(np.where(r, first, vote) for r, vote in zip(repeats, others, strict=True))]
    )
    named = np.array([np.bincount(column).argmax() for column in every.T])
    share = (every == named).mean(axis=0)
    return Found(named=named, kept=share > 1 / 2, tokens=votes * judge_tokens(solutions))


def _against_theory(found: Found, solutions: Sequence[Drawn]) -> dict[str, float]:
    """Return what independent judges of these rates should give, beside the labels' accuracy."""
    theory = agreement_of_two(FIRST.rates, SECOND.rates, solutions)
    error = np.array([truth(each) for each in solutions])
    steps = np.array([each.steps for each in solutions])
    right = right_labels(found.named, error, steps)[found.kept].sum()
    labelled = np.minimum(found.named + 1, steps)[found.kept].sum()
    return {
        "label_accuracy": round(float(right / labelled), 4),
        "precision_in_theory": round(theory.precision, 4),
        "retention_in_theory": round(theory.retention, 4),
        "label_accuracy_in_theory": round(theory.label_accuracy, 4),
    }


if __name__ == "__main__":
    main()
