"""Whole solutions with their outcome: for outcome reward models and implicit process rewards.

`{prompt, completion, label}` is TRL's unpaired preference (KTO) and what cross entropy on log
ratios needs (Free Process Rewards, arXiv 2412.01981, and PRIME); `{prompt, chosen, rejected}` is
what its DPO form and TRL's RewardTrainer need. Right and wrong solutions of a problem are paired in
the order of their ids, each at most once: a long list of solutions does not weigh squared.
Step labels are not said. Solutions with an unknown outcome are in neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from storage.export.written import Written
from storage.rows import LabelledSolution

UNKNOWN = "solutions with an unknown outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRow:
    """A solution and whether its answer is right."""

    prompt: str
    """The problem and a line break."""
    completion: str
    """All steps, joined."""
    label: bool
    """Whether the final answer is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePair:
    """Two solutions of a problem."""

    prompt: str
    """The problem and a line break."""
    chosen: str
    """A solution whose answer is right."""
    rejected: str
    """One whose answer is wrong."""


def responses(solution: LabelledSolution) -> Written:
    """Return the `ResponseRow` of a solution."""
    if solution.outcome == "unknown":
        return Written((), Counter({UNKNOWN: 1}))
    row = ResponseRow(
        prompt=f"{solution.problem}\n",
        completion="".join(solution.steps),
        label=solution.outcome == "correct",
    )
    return Written((row,), _steps(solution))


def response_pairs(solutions: Sequence[LabelledSolution]) -> Written:
    """Return the `ResponsePair` rows of solutions."""
    by_problem = sorted(solutions, key=lambda s: (s.problem_id, s.id))
    rows: list[ResponsePair] = []
    unsaid: Counter[str] = Counter()
    for _, group in groupby(by_problem, key=lambda s: s.problem_id):
        family = list(group)
        right = [s for s in family if s.outcome == "correct"]
        wrong = [s for s in family if s.outcome == "incorrect"]
        for chosen, rejected in zip(right, wrong, strict=False):
            pair = ResponsePair(
                prompt=f"{chosen.problem}\n",
                chosen="".join(chosen.steps),
                rejected="".join(rejected.steps),
            )
            rows.append(pair)
            unsaid += _steps(chosen) + _steps(rejected)
        unknown = len(family) - len(right) - len(wrong)
        unsaid += Counter(
            {UNKNOWN: unknown, "solutions without a partner": abs(len(right) - len(wrong))}
        )
    return Written(tuple(rows), unsaid)


def _steps(solution: LabelledSolution) -> Counter[str]:
    return Counter("step labels" for verdict in solution.verdicts if verdict != "unlabelled")
