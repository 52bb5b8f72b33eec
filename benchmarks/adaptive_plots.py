"""The pictures of docs/adaptive.md.

    python -m benchmarks.adaptive_plots                       a posterior sharpening, draw by draw
    python -m benchmarks.adaptive_plots --figures figures.json    and accuracy against rollouts

Needs the `bench` extra. `figures.json` is what `benchmarks.simulated_quality --out` writes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from annotators.probes import Adaptive
from benchmarks.contest import Source, solution_of
from benchmarks.drawn import CORRECT, OTHER, OWN, ROOT_DRAWS, Drawn
from benchmarks.world import WORLDS
from stepmark.counts import FloatArray, Tally
from stepmark.posterior import Belief, Hyper

DOCS = Path(__file__).parents[1] / "docs"
COLOURS = {CORRECT: "#2a9d5c", OWN: "#c1272d", OTHER: "#e8a13a"}
SHOWN = 6
"""Moments shown of a posterior."""


class Watched(Source):
    """Notes what was asked, in order."""

    def __init__(self, solution: Drawn) -> None:
        super().__init__(solution=solution)
        self.asked: list[tuple[int, int]] = []

    async def tally(self, position: int, draws: int) -> Tally:
        """Return how the first draws ended."""
        self.asked.append((position, draws))
        return await super().tally(position, draws)


def main() -> None:
    """Draw and save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--figures", type=Path)
    options = parser.parse_args()
    solution = next(s for s in WORLDS["as_assumed"].solutions(50, 11, "incorrect") if s.steps == 10)
    sharpening(solution, DOCS / "adaptive-posterior.png")
    if options.figures:
        accuracy(json.loads(options.figures.read_text()), DOCS / "adaptive-accuracy.png")


def sharpening(solution: Drawn, path: Path) -> None:
    """Show the posterior of the first error at a few moments, and the draws it rests on."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    source = Watched(solution)
    probe = Adaptive(method="adaptive", root=ROOT_DRAWS)
    asyncio.run(probe.probe(solution_of(solution.steps), source))
    moments = np.unique(np.linspace(1, len(source.asked), SHOWN).astype(int))
    figure, axes = plt.subplots(len(moments), 1, figsize=(7, 1.35 * len(moments)), sharex=True)
    for axis, moment in zip(axes, moments, strict=True):
        asked = source.asked[:moment]
        steps = np.arange(solution.steps)
        axis.bar(steps, _posterior(solution, asked), color="#8fa8c8", width=0.8)
        _draws(axis, solution, asked)
        axis.set_ylim(0, 1.25)
        axis.set_yticks([0, 1])
        paid = len(asked) - 1
        axis.set_ylabel(f"{paid} draws", rotation=0, ha="right", va="center")
        axis.axvline(solution.first_error, color="black", lw=0.8, ls=":")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_title(
        "Probability that each step is the first error (dotted: the truth)\n"
        "dots: draws from the prefix before the step: right, own wrong answer, another",
        fontsize=9,
    )
    axes[-1].set_xlabel("step")
    axes[-1].set_xticks(np.arange(solution.steps))
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _posterior(solution: Drawn, asked: list[tuple[int, int]]) -> FloatArray:
    belief = Belief(Hyper(), solution.steps, solution.outcome)
    belief.observe(solution.passages(dict(asked)))
    return belief.first_error[:-1]


def _draws(axis: Any, solution: Drawn, asked: list[tuple[int, int]]) -> None:
    """Put a dot for each draw over the first step that is not in its prefix."""
    for position, draws in dict(asked).items():
        for draw in range(draws if position else 0):
            colour = COLOURS.get(int(solution.ends[position, draw]), "grey")
            axis.plot(position - 0.5, 1.15 - 0.17 * draw, "o", ms=4, color=colour, clip_on=False)


def accuracy(figures: dict[str, Any], path: Path) -> None:
    """Show first errors found exactly against rollouts, a panel a world."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    worlds = [name for name in figures if name != "bound"]
    figure, axes = plt.subplots(2, (len(worlds) + 1) // 2, figsize=(11, 5.6), sharey=True)
    for axis, world in zip(axes.flat, worlds, strict=False):
        _panel(axis, world, figures[world])
    for axis in list(axes.flat)[len(worlds) :]:
        axis.remove()
    axes[0, 0].legend(fontsize=7, loc="lower right")
    figure.supxlabel("rollouts a solution (logarithmic)", fontsize=9)
    figure.supylabel("first error exact, forced", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _panel(axis: Any, world: str, by_probe: dict[str, Any]) -> None:
    curve = [at for name, at in by_probe.items() if re.fullmatch(r"adaptive:\d+", name)]
    kinds = {"adaptive, by budget": (curve, "o-", "#2f5fa8")}
    for name, mark, colour in (
        ("binary", "s", "#c1272d"),
        ("exhaustive", "D", "#555555"),
        ("posterior on binary", "s", "#e8a13a"),
        ("posterior on exhaustive", "D", "#e8a13a"),
    ):
        kinds[name] = ([by_probe[name]], mark, colour)
    for name, (points, mark, colour) in kinds.items():
        x = [p["rollouts_per_solution"] for p in points]
        y = np.array([p["first_error_exact"] for p in points])
        low, high = np.array([p["first_error_exact_95"] for p in points]).T
        axis.errorbar(x, y, [y - low, high - y], fmt=mark, color=colour, ms=4, lw=1, label=name)
    axis.set_xscale("log")
    axis.set_xticks([5, 10, 20, 50], ["5", "10", "20", "50"])
    axis.set_xticks([], minor=True)
    axis.set_title(world, fontsize=9)
    axis.set_ylim(0, 1)
    axis.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
