"""All figures of one annotator on one set of gold solutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stepmark.gold import Gold
from stepmark.labels import CORRECT, INCORRECT, UNLABELLED, VERDICTS, CodeArray
from stepmark.metrics.calibration import Calibration, calibrate
from stepmark.metrics.first_errors import (
    SILENT,
    ProcessBench,
    by_position,
    first_named,
    process_bench,
)
from stepmark.metrics.steps import Steps, score_steps
from stepmark.records import Verdict


class SolutionLabels(NamedTuple):
    """What an annotator says of one solution; both empty where it was not asked."""

    verdicts: tuple[Verdict, ...]
    """A verdict a step."""
    values: tuple[float | None, ...]
    """A value a step, in [0, 1]; null where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well an annotator agrees with gold."""

    solutions: int
    wrong: int
    """Solutions with a wrong step."""
    covered: float
    """Share of the solutions of which it says something."""
    coverage: float
    """Share of the steps with a verdict."""
    named: float
    """Share of the solutions of which it names a first error, or none, strictly read."""
    first_errors: ProcessBench
    """Strictly read."""
    lenient: ProcessBench
    """The same with unlabelled steps passed over."""
    positions: Mapping[str, Mapping[str, int]]
    """What was named, leniently read, by the index of the first wrong step."""
    steps: Steps
    calibration: Calibration | None
    """Null where its values are no more than zeros and ones."""


def measure(gold: Sequence[Gold], said: Sequence[SolutionLabels]) -> Figures:
    """Compare what an annotator says with gold, solution by solution.

    Args:
        gold: one solution at least.
        said: of each, in the same order.
    """
    full = [_filled(each, len(one.steps)) for one, each in zip(gold, said, strict=True)]
    truth = [one.first_error for one in gold]
    named = [first_named(each.verdicts) for each in full]
    lenient = [first_named(each.verdicts, lenient=True) for each in full]
    problems = [one.problem for one in gold]
    owners = np.repeat(problems, [len(one.steps) for one in gold])
    true = _codes([one.verdicts for one in gold])
    told = _codes([each.verdicts for each in full])
    values = np.array([value for each in full for value in each.values], dtype=float)
    judged = np.isin(true, (CORRECT, INCORRECT)) & ~np.isnan(values)
    return Figures(
        solutions=len(gold),
        wrong=sum(error is not None for error in truth),
        covered=1 - lenient.count(SILENT) / len(gold),
        coverage=float((told != UNLABELLED).mean()),
        named=1 - named.count(SILENT) / len(gold),
        first_errors=process_bench(truth, named, problems),
        lenient=process_bench(truth, lenient, problems),
        positions=by_position(truth, lenient),
        steps=score_steps(true, told, values, owners),
        calibration=calibrate(values[judged], true[judged] == CORRECT, owners[judged]),
    )


def _filled(said: SolutionLabels, steps: int) -> SolutionLabels:
    silent: Verdict = "unlabelled"
    return said if said.verdicts else SolutionLabels((silent,) * steps, (None,) * steps)


def _codes(verdicts: Sequence[Sequence[Verdict]]) -> CodeArray:
    codes = [VERDICTS.index(each) for solution in verdicts for each in solution]
    return np.array(codes, dtype=np.int8)
