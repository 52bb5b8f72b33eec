"""Texts with a tag after each labelled step: Math-Shepherd's rows, and OpenRLHF's hard and soft.

Math-Shepherd (arXiv 2312.08935) publishes `{input, label, task}`: the problem and steps named
`Step k:`, each followed by ` ки`, and the same text with `+` or `-` in the tag's place, so that
readers find the label of the tag at the same index once the tag is one character.
OpenRLHF (up to 0.9.5) takes the text with tags and a list with one entry a tag: reward tokens, or
numbers with the positive token first. It refuses Math-Shepherd's own rows.
A step without a label has no tag and is context for the next one. A solution whose text holds the
tag is left out, since every label after it would land one tag too early; the tag is a common ending
of Russian words, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from storage.export.marks import Mark, Marked, hard, soft
from storage.export.written import Written
from storage.rows import LabelledSolution

TAG: Final = "ки"
"""One token in the vocabularies of Llama and Mistral; the trainer's `--placeholder_token`."""
SIGNS: Final = {1: "+", 0: "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MathShepherdRow:
    """A solution as Math-Shepherd publishes it."""

    input: str
    """Problem and steps, a tag after each labelled step."""
    label: str
    """The same with `+` or `-` in place of each tag."""
    task: str
    """Where the problem is from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HardTagsRow:
    """A solution for OpenRLHF, `--input_key input --label_key value --reward_tokens + -`."""

    input: str
    """Problem and steps, a tag after each labelled step."""
    value: tuple[str, ...]
    """`+` or `-` for each tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftTagsRow:
    """The same with values."""

    input: str
    """Problem and steps, a tag after each step with a value."""
    value: tuple[float, ...]
    """The value in [0, 1] for each tag."""


def math_shepherd(solution: LabelledSolution) -> Written:
    """Return the `MathShepherdRow` of a solution."""
    marked = hard(solution, TAG)
    if not marked.steps:
        return Written((), marked.unsaid)
    named = [_named(number, step) for number, step in enumerate(marked.steps, start=1)]
    signs = [None if mark is None else SIGNS[int(mark)] for mark in marked.marks]
    tags = [None if sign is None else TAG for sign in signs]
    row = MathShepherdRow(
        input=f"{solution.problem} {_tagged(named, tags)}",
        label=f"{solution.problem} {_tagged(named, signs)}",
        task=solution.source,
    )
    return Written((row,), marked.unsaid)


def openrlhf(solution: LabelledSolution) -> Written:
    """Return the `HardTagsRow` of a solution."""
    marked = hard(solution, TAG)
    if not marked.steps:
        return Written((), marked.unsaid)
    value = tuple(SIGNS[int(mark)] for mark in marked.marks if mark is not None)
    return Written((HardTagsRow(input=_text(solution, marked), value=value),), marked.unsaid)


def openrlhf_soft(solution: LabelledSolution) -> Written:
    """Return the `SoftTagsRow` of a solution."""
    marked = soft(solution, TAG)
    if not marked.steps:
        return Written((), marked.unsaid)
    value = tuple(mark for mark in marked.marks if mark is not None)
    return Written((SoftTagsRow(input=_text(solution, marked), value=value),), marked.unsaid)


def _text(solution: LabelledSolution, marked: Marked) -> str:
    return f"{solution.problem}\n{_tagged(marked.steps, [_tag(mark) for mark in marked.marks])}"


def _tag(mark: Mark) -> str | None:
    return None if mark is None else TAG


def _named(number: int, step: str) -> str:
    """Begin a step as readers expect it, unless it begins so already."""
    name = f"Step {number}:"
    return step if step.startswith(name) else f"{name} {step}"


def _tagged(steps: Sequence[str], tags: Sequence[str | None]) -> str:
    return "\n".join(
        step if tag is None else f"{step} {tag}" for step, tag in zip(steps, tags, strict=True)
    )
