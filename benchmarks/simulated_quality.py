"""Label quality of each probe in simulated worlds, at matched evidence. A simulation, not a model.

    python -m benchmarks.simulated_quality --out figures.json

For each world of benchmarks/world.py, and for Game24 where its data is at hand: 2,000 solutions
with a wrong answer, and a pilot of 200 others. What is measured is said in benchmarks/contest.py.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

from benchmarks import game24
from benchmarks.contest import contest
from benchmarks.information import fewest_rollouts
from benchmarks.world import WORLDS, Simulated

SEED, PILOT_SEED = 2026, 7
"""Of the solutions that are reported, and of the pilot; thresholds were chosen on others still."""
PILOT: Final = 200
TYPICAL: Final = 27
"""Rollouts that the binary search spends on a solution of ten steps."""
TYPICAL_GAME24: Final = 13
"""The same on the three or four moves of an attempt at Game24."""


def measure(name: str, number: int, pilot_size: int = PILOT) -> tuple[dict[str, Any], float | None]:
    """Return a world's figures by probe, and the bound for the accuracy adaptive@0.9 reaches.

    Game24 has none: what a broken prefix would be worth if it were sound has no meaning there.
    """
    pilot, solutions = _populations(name, number, pilot_size)
    if name == game24.NAME:
        return contest(pilot, solutions, TYPICAL_GAME24), None
    figures = contest(pilot, solutions, TYPICAL)
    return figures, fewest_rollouts(solutions, figures["adaptive@0.9"]["first_error_exact"])


def _populations(
    name: str, number: int, pilot_size: int
) -> tuple[list[Simulated], list[Simulated]]:
    if name == game24.NAME:
        both = game24.solutions(SEED)
        return both[:pilot_size], both[pilot_size : pilot_size + number]
    world = WORLDS[name]
    pilot = list(world.solutions(pilot_size, PILOT_SEED, "incorrect"))
    return pilot, list(world.solutions(number, SEED, "incorrect"))


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
