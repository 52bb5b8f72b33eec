"""The gold files that verifiers are measured on, and how verdicts compare with first errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from stepmark.gold import Gold
from stepmark.metrics.first_errors import SILENT
from stepmark.records import Verdict, first_error

FILES: Final = {
    "processbench_gsm8k": "processbench_gsm8k.json",
    "multistep_arithmetic": "bigbench_mistake_multistep_arithmetic.jsonl",
    "mr_gsm8k_wrong": "mr_gsm8k_wrong590.jsonl",
    "prm800k": "prm800k_val_decoded.jsonl",
    "prmbench": "prmbench_subset394.jsonl",
}


def measured(gold: Sequence[Gold], verdicts: Sequence[Sequence[Verdict]]) -> dict[str, Any]:
    """Return how verdicts compare with people's first errors.

    `at_or_after` are solutions whose first `incorrect` step is the human's first error or a later
    one; `precision_at_or_after` is their share among the solutions with an `incorrect` step, and
    `recall` among those with a human error. `first_exact` is the share of solutions with an
    `incorrect` step in which it is the human's first error. `same_first_error` is the share of all
    solutions with some labelled step in which both name the same first error, or none. `coverage`
    is the share of steps with a verdict.
    """
    firsts = [first_error(tuple(vs)) for vs in verdicts]
    called = [(one.first_error, first) for one, first in zip(gold, firsts, strict=True)]
    flagged = [(human, first) for human, first in called if first is not None]
    after = sum(human is not None and first >= human for human, first in flagged)
    wrong = sum(one.first_error is not None for one in gold)
    steps = [verdict for each in verdicts for verdict in each]
    labelled = sum(verdict != "unlabelled" for verdict in steps)
    some = [pair for pair, vs in zip(called, verdicts, strict=True) if {*vs} - {SILENT}]
    return {
        "solutions": len(gold),
        "human_errors": wrong,
        "flagged": len(flagged),
        "at_or_after": after,
        "precision_at_or_after": _share(after, len(flagged)),
        "recall": _share(after, wrong),
        "first_exact": _share(sum(h == f for h, f in flagged), len(flagged)),
        "same_first_error": _share(sum(h == f for h, f in some), len(some)),
        "covered_solutions": _share(len(some), len(gold)),
        "coverage": _share(labelled, len(steps)),
        "abstained": _share(len(steps) - labelled, len(steps)),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
