"""Solutions as two builds see them: the labels of the one, beside them all that the other says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from flows.compare import Compared, qualified
from flows.readable import Shown, ShownStep, shown

Value = TypeVar("Value")


def beside(compared: Compared) -> list[Shown]:
    """Read the solutions that differ most, with what both builds say of them, and on what."""
    one, other = (shown(side.root, side.manifest, compared.differing) for side in compared.sides)
    first, second = (side.name for side in compared.sides)
    return [_joined(_of(one[each], first), _of(other[each], second)) for each in compared.differing]


def _of(solution: Shown, build: str) -> Shown:
    """Return a solution with the build's name before those of its annotators."""
    by = qualified(build, solution.annotation.annotator)
    annotation = replace(solution.annotation, annotator=by)
    return replace(
        solution,
        annotation=annotation,
        annotations={**_named(solution.annotations, build), by: annotation},
        steps=[_step_of(step, build) for step in solution.steps],
        root=_named(solution.root, build),
        critiques=_named(solution.critiques, build),
    )


def _step_of(step: ShownStep, build: str) -> ShownStep:
    return replace(
        step,
        others=_named(step.others, build),
        rollouts=_named(step.rollouts, build),
        findings=_named(step.findings, build),
        comparisons=_named(step.comparisons, build),
    )


def _named(of: Mapping[str, Value], build: str) -> dict[str, Value]:
    return {qualified(build, name): each for name, each in of.items()}


def _joined(one: Shown, other: Shown) -> Shown:
    """Return the one with what the other adds; its steps carry the labels of the one."""
    by = other.annotation.annotator
    steps = zip(one.steps, other.steps, strict=True)
    return replace(
        one,
        annotations={**one.annotations, **other.annotations},
        steps=[_joined_step(first, second, by) for first, second in steps],
        root={**one.root, **other.root},
        critiques={**one.critiques, **other.critiques},
    )


def _joined_step(one: ShownStep, other: ShownStep, by: str) -> ShownStep:
    """Return what is said of a step, the data's labels of the other build first."""
    return replace(
        one,
        others={by: other.verdict, **one.others, **other.others},
        rollouts={**one.rollouts, **other.rollouts},
        findings={**one.findings, **other.findings},
        comparisons={**one.comparisons, **other.comparisons},
    )
