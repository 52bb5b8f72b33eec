"""Chats whose assistant turns are labels (RLHFlow), and a chat with a token to score (Qwen).

RLHFlow's trainer (and axolotl's) learns from `conversations`: the user says the problem, a space
and the first step, then step by step; the assistant answers `+` or `-`, and the loss is on its
turns alone. Turns must alternate, so a step without a verdict shares a turn with the step after it
where the label is true of both: where that is `-`, and where labels are of prefixes (`potential`).
Elsewhere the chat ends before it.
Qwen2.5-Math-PRM reads a chat whose assistant turn has `<extra_0>` after every step and scores these
tokens; the labels beside it are ours, as no trainer is published.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from storage.export.marks import IGNORED, Marked, hard
from storage.export.written import Written
from storage.rows import LabelledSolution

SCORED: Final = "<extra_0>"
SYSTEM: Final = "Please reason step by step, and put your final answer within \\boxed{}."
"""The system turn that Qwen2.5-Math-PRM was trained with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message."""

    role: str
    """`system`, `user` or `assistant`."""
    content: str
    """What it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RlhflowRow:
    """A solution as a conversation."""

    conversations: tuple[Turn, ...]
    """Steps by the user, `+` and `-` by the assistant, in turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QwenRow:
    """A solution as Qwen2.5-Math-PRM reads it."""

    messages: tuple[Turn, ...]
    """System, problem, and the steps each followed by `<extra_0>`."""
    labels: tuple[int, ...]
    """For each `<extra_0>`: 1 `correct`, 0 `incorrect`, −100 neither."""


def rlhflow(solution: LabelledSolution) -> Written:
    """Return the `RlhflowRow` of a solution."""
    marked = hard(solution)
    turns: list[Turn] = []
    before = f"{solution.problem} "
    sole = True
    for place, (step, mark) in enumerate(zip(marked.steps, marked.marks, strict=True)):
        if mark is None:
            before, sole = f"{before}{step}\n", False
            continue
        if mark and not sole and solution.semantics != "potential":
            unsaid = marked.unsaid + Counter(
                {"steps after one without a verdict": _left(marked, place)}
            )
            return Written(_conversation(turns), unsaid)
        turns += [Turn(role="user", content=before + step)]
        turns += [Turn(role="assistant", content="+" if mark else "-")]
        before, sole = "", True
    return Written(_conversation(turns), marked.unsaid)


def qwen(solution: LabelledSolution) -> Written:
    """Return the `QwenRow` of a solution."""
    marked = hard(solution, SCORED)
    if not marked.steps:
        return Written((), marked.unsaid)
    row = QwenRow(
        messages=(
            Turn(role="system", content=SYSTEM),
            Turn(role="user", content=solution.problem),
            Turn(role="assistant", content="".join(f"{step}{SCORED}" for step in marked.steps)),
        ),
        labels=tuple(IGNORED if mark is None else int(mark) for mark in marked.marks),
    )
    return Written((row,), marked.unsaid)


def _conversation(turns: list[Turn]) -> tuple[RlhflowRow, ...]:
    return (RlhflowRow(conversations=tuple(turns)),) if turns else ()


def _left(marked: Marked, place: int) -> int:
    """Count the verdicts from a step on."""
    return sum(mark is not None for mark in marked.marks[place:])
