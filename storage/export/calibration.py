"""Calibration sets: every measured prefix with how often it was reached from.

Paper: instance-adaptive calibration of PRMs (arXiv 2506.09338): heads are trained with the pinball
loss for the quantiles of the success rate of prefixes, 8 rollouts each. The set is what such a loss
takes, and any check of a reward model's calibration: counts of right and wrong ends, no verdict.
Deviations: prefixes are those that the recipe's probe measured, the bare problem among them where
it was, of solutions that are in the data; solutions that share a prefix share its row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from stepmark.prefixes import Prefixes
from storage.export.written import Written, not_kept


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPrefix:
    """A prefix and how its rollouts ended."""

    problem_id: str
    """The problem."""
    problem: str
    """The statement."""
    prefix: str
    """The solution so far; empty for the bare problem."""
    correct: int
    """Rollouts that reach the reference answer."""
    incorrect: int
    """Rollouts that reach another answer."""
    unknown: int
    """Rollouts that cannot be graded: no evidence either way."""
    value: float
    """Share of the graded ones that are right, in [0, 1]."""


def measured_prefixes(prefixes: Prefixes, statements: Mapping[str, str]) -> Written:
    """Return the `MeasuredPrefix` of every kept prefix with a graded rollout.

    Args:
        prefixes: the trees.
        statements: of the problems, by id.
    """
    counts = zip(
        prefixes.correct.tolist(),
        prefixes.incorrect.tolist(),
        prefixes.unknown.tolist(),
        strict=True,
    )
    entries = zip(prefixes.kept.tolist(), prefixes.problems, prefixes.texts, counts, strict=True)
    rows = tuple(
        MeasuredPrefix(
            problem_id=problem,
            problem=statements[problem],
            prefix=text,
            correct=correct,
            incorrect=incorrect,
            unknown=unknown,
            value=correct / (correct + incorrect),
        )
        for kept, problem, text, (correct, incorrect, unknown) in entries
        if kept and correct + incorrect
    )
    ungraded = int(prefixes.kept.sum()) - len(rows)
    unsaid = not_kept(prefixes) + Counter({"prefixes without a graded rollout": ungraded})
    return Written(rows, unsaid)
