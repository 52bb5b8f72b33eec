"""How far two builds of the same solutions agree, and what each spent.

    python -m benchmarks.agreement runs/exhaustive runs/binary

Solutions are matched by id. A verdict counts where both builds give one; interpolated ones are
told apart, since they rest on an assumption and not on draws. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from flows.show import solutions
from storage.rows import LabelledSolution


class Pair(NamedTuple):
    """One solution as both builds label it."""

    left: LabelledSolution
    right: LabelledSolution


def matched(left: Iterable[LabelledSolution], right: Iterable[LabelledSolution]) -> list[Pair]:
    """Pair the rows of two builds by solution id, in the order of the first."""
    by_id = {row.id: row for row in right}
    return [Pair(row, by_id[row.id]) for row in left if row.id in by_id]


def agreement(pairs: list[Pair]) -> dict[str, float | int | None]:
    """Compare first errors of wrong solutions, and verdicts where both were measured."""
    wrong = [pair for pair in pairs if pair.left.outcome == "incorrect"]
    both = [pair for pair in wrong if None not in (pair.left.first_error, pair.right.first_error)]
    steps = [step for pair in pairs for step in _steps_both_measured(pair)]
    return {
        "solutions": len(pairs),
        "wrong": len(wrong),
        "both_find_a_first_error": len(both),
        "first_error_equal": _share(
            sum(p.left.first_error == p.right.first_error for p in both), len(both)
        ),
        "steps_both_measured": len(steps),
        "verdicts_equal": _share(sum(one == other for one, other in steps), len(steps)),
        "rollouts_left": sum(pair.left.rollouts for pair in wrong),
        "rollouts_right": sum(pair.right.rollouts for pair in wrong),
    }


def _steps_both_measured(pair: Pair) -> list[tuple[str, str]]:
    columns = zip(
        pair.left.verdicts,
        pair.right.verdicts,
        pair.left.interpolated,
        pair.right.interpolated,
        strict=True,
    )
    return [
        (one, other)
        for one, other, assumed, also_assumed in columns
        if not (assumed or also_assumed) and "unlabelled" not in (one, other)
    ]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def main() -> None:
    """Print how far two builds agree."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("left", type=Path, help="folder of a build")
    parser.add_argument("right", type=Path, help="folder of another build of the same solutions")
    options = parser.parse_args()
    print(json.dumps(agreement(matched(solutions(options.left), solutions(options.right)))))


if __name__ == "__main__":
    main()
