"""How fast rules read counts.

    python -m benchmarks.rules                        a million solutions of eight steps, every rule
    python -m benchmarks.rules --solutions 100000 --shard 1000

Counts are random: 16 draws a step, some of them unknown, and 72 from each bare problem. They are
read a shard at a time, as a build does; only reading is timed, by processor time. The last line is
JSON: {"<rule>": steps a second}, where a rule that has several forms is there in each.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from typing import get_args, get_type_hints

import numpy as np

from annotators.rules import RelativeProgress, Rule, StepWiser
from stepmark.counts import Counts, IntArray, Passages, Tallies

STEPS = 8
DRAWS = 16
ROOT_DRAWS = 72


def every_rule() -> dict[str, Rule]:
    """Return each rule with its defaults, and the other forms of those that have several."""
    rules: dict[str, Rule] = {}
    for kind in get_args(Rule):
        (method,) = get_args(get_type_hints(kind)["method"])
        rules[method] = kind(method=method)
    return rules | {
        "relative_progress_difference": RelativeProgress(
            method="relative_progress", form="difference"
        ),
        "stepwiser_absolute": StepWiser(method="stepwiser", signal="absolute"),
        "stepwiser_ratio": StepWiser(method="stepwiser", signal="ratio"),
    }


def shards(solutions: int, shard: int, seed: int = 0) -> Iterator[Counts]:
    """Yield random counts of that many solutions, a shard at a time."""
    rng = np.random.default_rng(seed)
    for start in range(0, solutions, shard):
        members = min(shard, solutions - start)
        rate = rng.beta(1, 1, members)
        steps = _tallies(rng, np.repeat(rate, STEPS), DRAWS)
        root = _tallies(rng, rate, ROOT_DRAWS)
        yield Counts(
            correct=steps.correct,
            incorrect=steps.incorrect,
            unknown=steps.unknown,
            own=steps.own,
            offsets=np.arange(members + 1, dtype=np.int64) * STEPS,
            root=root,
            passages=Passages(
                again=np.zeros(len(steps.correct), dtype=np.int64),
                left=_before_each_step(root, steps),
            ),
        )


def _before_each_step(root: Tallies, steps: Tallies) -> Tallies:
    """Return the tallies of the prefixes of 0 … STEPS − 1 steps of each solution."""

    def shifted(first: IntArray, rest: IntArray) -> IntArray:
        table = rest.reshape(-1, STEPS)
        return np.concatenate([first[:, None], table[:, :-1]], axis=1).ravel()

    names = ("correct", "incorrect", "unknown", "own")
    return Tallies(**{n: shifted(getattr(root, n), getattr(steps, n)) for n in names})


def _tallies(rng: np.random.Generator, rate: np.ndarray, draws: int) -> Tallies:
    unknown: IntArray = rng.binomial(draws, 0.05, len(rate))
    correct: IntArray = rng.binomial(draws - unknown, rate)
    incorrect = draws - unknown - correct
    return Tallies(correct=correct, incorrect=incorrect, unknown=unknown, own=incorrect // 2)


def measure(solutions: int, shard: int) -> dict[str, int]:
    """Return the steps that each rule reads a second of processor time."""
    rules = every_rule()
    seconds = dict.fromkeys(rules, 0.0)
    for counts in shards(solutions, shard):
        for name, rule in rules.items():
            start = time.process_time()
            rule.read(counts)
            seconds[name] += time.process_time() - start
    return {name: round(solutions * STEPS / seconds[name]) for name in rules}


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--solutions", type=int, default=1_000_000)
    parser.add_argument("--shard", type=int, default=10_000, help="solutions read at once")
    options = parser.parse_args()
    figures = measure(options.solutions, options.shard)
    for name, steps_per_s in sorted(figures.items(), key=lambda item: -item[1]):
        print(f"{name:30} {steps_per_s:>14,} steps/s")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
