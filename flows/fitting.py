"""Fitting the posterior on a finished build: what its rollouts say of this kind of solution.

What steers buying must not change while it buys, so it is fitted on a build of its own, a pilot,
and frozen in the recipe of the next.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from stepmark.errors import StorageError
from stepmark.evidence import INCORRECT, ROLLOUT_COLUMNS, SOLUTION_COLUMNS, evidence_of
from stepmark.posterior import Hyper, fit
from stepmark.records import Rollout, Solution
from storage.shards import read_table

DIGITS = 3


class Fitted(NamedTuple):
    """Hyper-parameters and what they rest on."""

    hyper: Hyper
    wrong: int
    """Solutions with a wrong answer, which most of it is fitted on."""
    rollouts: int
    """Rollouts from all solutions."""


def fitted(root: Path, annotator: str) -> Fitted:
    """Fit the hyper-parameters on everything an annotator drew in a build.

    Raises:
        StorageError: there are no such rollouts, or no wrong answer among the solutions.
    """
    paths = sorted((root / "rollouts" / annotator).glob("*.parquet"))
    if not paths:
        raise StorageError(f"{root} holds no rollouts of an annotator {annotator!r}.")
    rollouts = [read_table(path, Rollout, ROLLOUT_COLUMNS) for path in paths]
    solutions = [
        read_table(root / "solutions" / path.name, Solution, SOLUTION_COLUMNS) for path in paths
    ]
    evidence = evidence_of(pa.concat_tables(solutions), pa.concat_tables(rollouts))
    wrong = int((evidence.outcomes == INCORRECT).sum())
    if not wrong:
        raise StorageError(f"{root} holds no solution with a wrong answer to fit on.")
    everybody = np.ones(len(evidence.outcomes), dtype=bool)
    hyper = fit(evidence.judged(everybody))
    return Fitted(hyper, wrong, int(evidence.spent.rollouts.sum()))


def rounded(hyper: Hyper) -> dict[str, list[float] | float]:
    """Return hyper-parameters as plain data, as exact as a recipe needs them."""
    return {
        name: [round(v, DIGITS) for v in value]
        if isinstance(value, tuple)
        else round(value, DIGITS)
        for name, value in asdict(hyper).items()
    }
