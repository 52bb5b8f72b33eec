"""Rows for TRL's PRMTrainer (and axolotl's `stepwise_supervised`): hard labels, one a completion.

Format: TRL's "stepwise supervision", `{prompt, completions, labels}`, plain text and no chat. The
trainer tokenises each completion and the separator after it on their own, and puts the label on the
separator's last token. It glues the prompt to the first step, so the prompt ends with a line break
here, as text at inference must too. TRL removed the trainer after release 1.13.
Labels are 1 and 0, where its page says booleans, so that a step without a verdict can carry −100:
the trainer calls `int(label)`, and its loss leaves −100 out. (That call would make a value of 0.99
a 0, so values are not for it.) `max_length` cuts late labels off unseen: 1024 tokens by default.
"""

from __future__ import annotations

from dataclasses import dataclass

from storage.export.marks import IGNORED, hard
from storage.export.written import Written
from storage.rows import LabelledSolution


@dataclass(frozen=True, slots=True, kw_only=True)
class TrlRow:
    """A solution up to its last step with a verdict."""

    prompt: str
    """The problem and a line break."""
    completions: tuple[str, ...]
    """The steps without the white space around them."""
    labels: tuple[int, ...]
    """One a step: 1 `correct`, 0 `incorrect`, −100 neither."""


def trl(solution: LabelledSolution) -> Written:
    """Return the `TrlRow` of a solution; none if no step has a verdict."""
    marked = hard(solution)
    if not marked.steps:
        return Written((), marked.unsaid)
    row = TrlRow(
        prompt=f"{solution.problem}\n",
        completions=marked.steps,
        labels=tuple(IGNORED if mark is None else int(mark) for mark in marked.marks),
    )
    return Written((row,), marked.unsaid)
