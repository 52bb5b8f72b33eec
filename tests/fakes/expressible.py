"""What a format that marks steps can say of a solution, told without the exporters' own code."""

from __future__ import annotations

from storage.rows import LabelledSolution

BY_VERDICT = {"correct": True, "incorrect": False}


def by_verdict(row: LabelledSolution) -> list[tuple[str, bool | None]]:
    """Steps and whether they are right, null where nothing is said, up to the last that is said."""
    pairs = [
        (step.strip(), BY_VERDICT.get(verdict))
        for step, verdict in zip(row.steps, row.verdicts, strict=True)
    ]
    while pairs and pairs[-1][1] is None:
        pairs.pop()
    return pairs


def by_value(row: LabelledSolution) -> list[tuple[str, float | None]]:
    pairs = [(step.strip(), value) for step, value in zip(row.steps, row.values, strict=True)]
    while pairs and pairs[-1][1] is None:
        pairs.pop()
    return pairs
