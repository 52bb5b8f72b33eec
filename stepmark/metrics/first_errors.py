"""First errors: ProcessBench's F1, and what becomes of an error by where it is.

ProcessBench (arXiv 2412.06559, section 3): of the solutions with a wrong step the share whose first
one is named exactly, of those without the share of which that is said, and F1, the harmonic mean of
the two. Who says nothing readable is mistaken. ProcessBench asks models that speak of every step;
of those that leave some unlabelled there are two readings, strict and lenient (`first_named`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from stepmark.metrics.intervals import Estimate, Hits, harmonic_mean_of
from stepmark.records import Verdict, first_error

Named = int | None | str
"""What an annotator names: a step, none, or why it names nothing."""
SILENT: Final = "unlabelled"
"""What one names that names nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessBench:
    """How well first errors were found."""

    wrong: Estimate | None
    """Share of the solutions with a wrong step whose first one was named exactly; null without
    any."""
    right: Estimate | None
    """Share of the solutions without one of which that was said; null without any."""
    f1: Estimate | None
    """The harmonic mean of the two; null where one of them is."""


def process_bench(
    truth: Sequence[int | None], named: Sequence[Named], problems: Sequence[str] | None = None
) -> ProcessBench:
    """Score named first errors as ProcessBench does.

    Args:
        truth: first wrong steps, indices from 0, null for none.
        named: what was said, in the same order.
        problems: the problem of each, for the intervals; all different unless given.
    """
    pairs = zip(truth, named, problems or map(str, range(len(truth))), strict=True)
    marked = [(error is None, error == said, problem) for error, said, problem in pairs]
    wrong, right = (_hits(marked, is_right=is_right) for is_right in (False, True))
    return ProcessBench(
        wrong=wrong and wrong.share,
        right=right and right.share,
        f1=harmonic_mean_of(wrong, right) if wrong and right else None,
    )


def first_named(verdicts: Sequence[Verdict], *, lenient: bool = False) -> Named:
    """Return the first step that verdicts call wrong, or None if they say that none is.

    A neutral step is no wrong one. Strictly, as a consensus and an export read it, verdicts name
    nothing that leave a step `unlabelled` before that one, or any step where none is wrong.

    Args:
        verdicts: one a step.
        lenient: pass `unlabelled` steps over; then only who labels no step names nothing.
    """
    error = first_error(tuple(verdicts))
    up_to = set(verdicts[:error] if error is not None else verdicts)
    if lenient:
        return SILENT if error is None and up_to <= {SILENT} else error
    return SILENT if SILENT in up_to or not verdicts else error


def by_position(
    truth: Sequence[int | None], named: Sequence[Named]
) -> Mapping[str, Mapping[str, int]]:
    """Count what was named, by the index of the first wrong step: `none`, or from 0.

    What is named is `exact`, `earlier`, `later`, `none`, or nothing (`unlabelled`).
    """
    counts: dict[int | None, Counter[str]] = {}
    for error, said in zip(truth, named, strict=True):
        counts.setdefault(error, Counter())[_became(error, said)] += 1
    places = sorted(counts, key=lambda error: -1 if error is None else error)
    return {"none" if p is None else str(p): dict(sorted(counts[p].items())) for p in places}


def _became(error: int | None, said: Named) -> str:
    if isinstance(said, str):
        return SILENT
    if error == said:
        return "exact"
    if said is None:
        return "none"
    return "earlier" if error is None or said < error else "later"


def _hits(marked: Sequence[tuple[bool, bool, str]], *, is_right: bool) -> Hits | None:
    chosen = [(hit, problem) for right, hit, problem in marked if right is is_right]
    if not chosen:
        return None
    held, problems = zip(*chosen, strict=True)
    return Hits(np.array(held, dtype=float), np.array(problems))
