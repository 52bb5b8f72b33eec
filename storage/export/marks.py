"""A mark a step, as trainers take it: what a format that marks steps has in common with others.

A step without a mark stays in the text, because later steps build on it; those after the last
marked step teach nothing and are cut. Steps go without the white space around them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final, TypeAlias

from storage.rows import LabelledSolution

Mark: TypeAlias = int | float | None

IGNORED: Final = -100
"""The label that PyTorch's cross entropy, and so every trainer built on it, leaves out."""
HARD: Final = {"correct": 1, "incorrect": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The steps of a solution up to the last one that has a mark; the tuples are as long."""

    steps: tuple[str, ...]
    """Texts without white space around them; none if nothing can be said."""
    marks: tuple[Mark, ...]
    """1 for `correct` and 0 for `incorrect`, or values in [0, 1]; null where there is none."""
    unsaid: Counter[str]
    """What of the labels is not in the marks."""


def hard(solution: LabelledSolution, *tags: str) -> Marked:
    """Mark steps by verdict: `neutral` and `unlabelled` have no mark.

    Args:
        solution: what to mark.
        tags: texts that mean something to the trainer; a solution that holds one is left out, since
            its labels would land on the wrong tokens.
    """
    unsaid = Counter(
        f"{verdict} steps" for verdict in solution.verdicts if verdict not in HARD
    ) + Counter("soft values" for value in solution.values if value is not None and 0 < value < 1)
    return _marked(solution, tuple(HARD.get(v) for v in solution.verdicts), unsaid, tags)


def soft(solution: LabelledSolution, *tags: str) -> Marked:
    """Mark steps by value: one that was not measured has no mark."""
    unsaid = Counter("steps without a value" for value in solution.values if value is None)
    return _marked(solution, solution.values, unsaid, tags)


def texts(solution: LabelledSolution) -> tuple[str, ...]:
    """Return the steps without the white space around them."""
    return tuple(step.strip() for step in solution.steps)


def _marked(
    solution: LabelledSolution, marks: tuple[Mark, ...], unsaid: Counter[str], tags: tuple[str, ...]
) -> Marked:
    nothing = Marked(steps=(), marks=(), unsaid=unsaid)
    for tag in tags:
        if any(tag in text for text in (solution.problem, *solution.steps)):
            return Marked(steps=(), marks=(), unsaid=Counter({f"solutions with {tag!r} inside": 1}))
    end = max((i + 1 for i, mark in enumerate(marks) if mark is not None), default=0)
    if not end:
        unsaid["solutions without a label to say"] += 1
        return nothing
    return Marked(steps=texts(solution)[:end], marks=marks[:end], unsaid=unsaid)
