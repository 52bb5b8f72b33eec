"""Label quality of each probe in simulated worlds, at matched evidence. A simulation, not a model.

    python -m benchmarks.simulated_quality --out figures.json

For each world of benchmarks/world.py, and for Game24 where its data is at hand: 2,000 solutions
with a wrong answer, draws addressed so that every probe reads the same ones. The posterior's
hyper-parameters are fitted on a pilot of 200 other solutions and frozen, as in a build;
`adaptive@0.9 unfitted` has the defaults instead. Rollouts and tokens are those used beyond the
seven draws from the bare problem that sampling the solutions bought, for every probe.

`first_error_exact` forces an answer: the first `incorrect` step for the published readings, the
most likely first error for the posterior, labelled or not; `decided` are those it labels (at the
confidence in its name, else at 0.9), `exact_if_decided` how many of these are exact. `ece` and
`brier` judge values as probabilities that the prefix is sound; a share of successes was never meant
as one, and shows it.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from annotators.probes import Adaptive, Binary, Exhaustive, Probe
from annotators.rules import Hard, Posterior, Soft
from annotators.rules.reading import Reading
from benchmarks import game24
from benchmarks.information import fewest_rollouts
from benchmarks.world import ROOT_DRAWS, TOKENS_A_STEP, WORLDS, Simulated
from stepmark.counts import Counts, FloatArray, Tally, counts_of
from stepmark.ids import content_id
from stepmark.labels import CORRECT, INCORRECT, UNLABELLED
from stepmark.posterior import Hyper, fit, read_many
from stepmark.records import Solution

SEED, PILOT_SEED = 2026, 7
"""Of the solutions that are reported, and of the pilot; thresholds were chosen on others still."""
PILOT: Final = 200
DRAWS: Final = 8
BUDGET: Final = 54
"""Twice what the binary search spends."""
BUDGETS: Final = (6, 9, 13, 27)
CONFIDENCES: Final = (0.8, 0.9, 0.95)
CERTAIN: Final = 0.9999
"""A confidence that is never reached, so that the budget decides."""


def adaptive(
    hyper: Hyper, confidence: float = CERTAIN, budget: int = BUDGET, at_once: int = 2
) -> Adaptive:
    """Return the adaptive probe with the root draws of the world."""
    return Adaptive(
        method="adaptive",
        confidence=confidence,
        budget=budget,
        round=at_once,
        root=ROOT_DRAWS,
        hyper=hyper,
    )


def contestants(hyper: Hyper) -> dict[str, tuple[Probe, Posterior | None]]:
    """Return probes by name, with the rule that reads their counts; None for the published one."""
    exhaustive = Exhaustive(method="exhaustive", draws=DRAWS)
    binary = Binary(method="binary", draws=DRAWS)
    posterior = Posterior(method="posterior", hyper=hyper)
    unfitted = Posterior(method="posterior")
    return {
        "exhaustive": (exhaustive, None),
        "binary": (binary, None),
        "posterior on exhaustive": (exhaustive, posterior),
        "posterior on binary": (binary, posterior),
        **{f"adaptive:{n}": (adaptive(hyper, budget=n), posterior) for n in BUDGETS},
        **{
            f"adaptive@{c}": (adaptive(hyper, c), dataclasses.replace(posterior, threshold=c))
            for c in CONFIDENCES
        },
        **{
            f"adaptive:{n}, one by one": (adaptive(hyper, budget=n, at_once=1), posterior)
            for n in BUDGETS[1:3]
        },
        "adaptive@0.9 unfitted": (adaptive(unfitted.hyper, 0.9), unfitted),
    }


@dataclass(kw_only=True)
class Source:
    """Draws of one simulated solution, and how many a probe used of them."""

    solution: Simulated
    used: dict[int, int] = field(default_factory=dict)

    async def tally(self, position: int, draws: int) -> Tally:
        """Return how the first draws ended."""
        if position < self.solution.steps:
            self.used[position] = max(draws, self.used.get(position, 0))
        return self.solution.tally(position, draws)

    def paid(self) -> tuple[int, int]:
        """Return rollouts and tokens beyond the draws that came with the solutions."""
        rollouts = tokens = 0
        for position, draws in self.used.items():
            free = 0 if position else ROOT_DRAWS
            rollouts += max(draws - free, 0)
            tokens += int(self.solution.tokens[position, free:draws].sum())
        return rollouts, tokens


def measure(name: str, number: int, pilot_size: int = PILOT) -> tuple[dict[str, Any], float | None]:
    """Return a world's figures by probe, and the bound for the accuracy adaptive@0.9 reaches.

    Game24 has none: what a broken prefix would be worth if it were sound has no meaning there.
    """
    pilot, solutions = _populations(name, number, pilot_size)
    hyper = fit(_counts(_spend(Exhaustive(method="exhaustive", draws=DRAWS), pilot)))
    figures = {
        label: _figures(_spend(probe, solutions), rule)
        for label, (probe, rule) in contestants(hyper).items()
    }
    if name == game24.NAME:
        return figures, None
    reached = figures["adaptive@0.9"]["first_error_exact"]
    return figures, fewest_rollouts(solutions, reached)


def _populations(
    name: str, number: int, pilot_size: int
) -> tuple[list[Simulated], list[Simulated]]:
    if name == game24.NAME:
        both = game24.solutions(SEED)
        return both[:pilot_size], both[pilot_size : pilot_size + number]
    world = WORLDS[name]
    pilot = list(world.solutions(pilot_size, PILOT_SEED, "incorrect"))
    return pilot, list(world.solutions(number, SEED, "incorrect"))


def _spend(probe: Probe, solutions: Sequence[Simulated]) -> list[Source]:
    async def spend() -> list[Source]:
        sources = [Source(solution=solution) for solution in solutions]
        for source in sources:
            await probe.probe(solution_of(source.solution.steps), source)
        return sources

    return asyncio.run(spend())


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


def _counts(sources: Sequence[Source]) -> Counts:
    """Lay out what a probe saw; every reading has the free draws from the bare problem."""
    return counts_of(
        [s.solution.tally(0, max(ROOT_DRAWS, s.used.get(0, 0))) for s in sources],
        [
            [s.solution.tally(t, s.used.get(t, 0)) for t in range(1, s.solution.steps + 1)]
            for s in sources
        ],
    )


def _figures(sources: Sequence[Source], rule: Posterior | None) -> dict[str, Any]:
    counts = _counts(sources)
    truth = [s.solution.first_error for s in sources]
    if rule is None:
        reading = _published(counts)
        answers = _first_errors(reading, counts)
        decided = np.ones(len(truth), dtype=bool)
    else:
        reading = rule.read(counts)
        posteriors = read_many(rule.hyper, counts)
        answers = [int(first_error.argmax()) for first_error in posteriors]
        decided = np.array([first_error.max() >= rule.threshold for first_error in posteriors])
    off = np.array([abs(a - t) for a, t in zip(answers, truth, strict=True) if t is not None])
    paid = np.array([s.paid() for s in sources])
    exact = off == 0
    return {
        "solutions": len(sources),
        "first_error_exact": float(exact.mean()),
        "first_error_exact_95": wilson(int(exact.sum()), len(exact)),
        "within_one": float((off <= 1).mean()),
        "decided": float(decided.mean()),
        "exact_if_decided": float(exact[decided].mean()) if decided.any() else None,
        "exact_if_decided_95": wilson(int(exact[decided].sum()), int(decided.sum())),
        **_step_figures(reading, counts, truth),
        "rollouts_per_solution": float(paid[:, 0].mean()),
        "rollouts_per_solution_95": bootstrap(paid[:, 0]),
        "tokens_per_solution": float(paid[:, 1].mean()),
    }


def _published(counts: Counts) -> Reading:
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


def _first_errors(reading: Reading, counts: Counts) -> list[int]:
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


def calibration_error(values: FloatArray, truth: FloatArray, bins: int = 10) -> float:
    """Return the expected calibration error over equally wide bins of the values."""
    which = np.minimum((values * bins).astype(int), bins - 1)
    gaps = [
        (which == b).mean() * abs(values[which == b].mean() - truth[which == b].mean())
        for b in np.unique(which)
    ]
    return float(sum(gaps))


def wilson(hits: int, number: int) -> list[float]:
    """Return the 95 % interval of a share, by Wilson's score."""
    if not number:
        return [0.0, 1.0]
    z, share = 1.96, hits / number
    centre = share + z * z / (2 * number)
    half = z * math.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    return [(centre - half) / (1 + z * z / number), (centre + half) / (1 + z * z / number)]


def bootstrap(values: FloatArray) -> list[float]:
    """Return the 95 % interval of a mean, by 1,000 resamples."""
    rng = np.random.default_rng(0)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(1000)]
    return [float(q) for q in np.quantile(means, [0.025, 0.975])]


def measure_all(
    number: int,
    pilot_size: int = PILOT,
    keep: Callable[[dict[str, Any]], object] = dict,
) -> dict[str, Any]:
    """Measure every world, one process each; hand over what is known after each."""
    names = [*WORLDS, *([game24.NAME] if game24.at_hand() else [])]
    figures: dict[str, Any] = {}
    bound: dict[str, float] = {}
    with ProcessPoolExecutor() as pool:
        measured = pool.map(measure, names, [number] * len(names), [pilot_size] * len(names))
        for name, (by_probe, fewest) in zip(names, measured, strict=True):
            figures[name] = by_probe
            if fewest is not None:
                bound[name] = fewest
            keep({**figures, "bound": bound})
    return {**figures, "bound": bound}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--solutions", type=int, default=2000)
    parser.add_argument("--pilot", type=int, default=PILOT)
    parser.add_argument("--out", type=Path, help="write the figures here too")
    options = parser.parse_args()
    figures = measure_all(options.solutions, options.pilot, lambda known: _keep(options.out, known))
    print(json.dumps(figures))


def _keep(path: Path | None, figures: dict[str, Any]) -> None:
    if path:
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
