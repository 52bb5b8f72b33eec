"""Rows for PathFinder-PRM: two chats a step, first for what kind of error, then for correctness.

Paper: PathFinder-PRM (arXiv 2505.19706), and its authors' script that builds the training set: in
`inputs` `<extra>` stands where a label is to be learnt, `labels` is the same chat with `<+>` or
`<->` there. The first row asks for mathematics and consistency, the second has both and asks for
correctness, which is `<+>` where all three types are. Earlier steps are joined by empty lines.
Deviations: the columns alone; the tokens are put into the vocabulary by the trainer. The system
line is the training script's; the model card has a spelling mistake in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from storage.export.chat import Turn
from storage.export.marks import texts
from storage.rows import LabelledSolution

SEPARATOR: Final = "<extra>"
SIGNS: Final = {1.0: "<+>", 0.0: "<->"}
TOKENS: Final = (SEPARATOR, *SIGNS.values())
ASKED: Final = (
    "You are a Math Teacher. Given a question and a student's solution, evaluate the mathematical "
    "correctness, logic consistency of the current step and whether it will lead to the correct "
    "final solution"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedRow:
    """A step with labels to learn."""

    inputs: tuple[Turn, ...]
    """The chat with `<extra>` in the place of each label."""
    labels: tuple[Turn, ...]
    """The chat with the labels."""


def typed_rows(
    solution: LabelledSolution, place: int, types: tuple[float, ...]
) -> tuple[TypedRow, TypedRow]:
    """Return the two rows of a step.

    Args:
        solution: whose step it is.
        place: its index, from 0.
        types: mathematics, consistency and optimality, each 0 or 1.
    """
    math, consistency = (SIGNS[kind] for kind in types[:2])
    correct = SIGNS[float(all(types))]
    known = f" Math reasoning: {math}, Consistency: {consistency}"
    asked = f" Math reasoning: {SEPARATOR}, Consistency: {SEPARATOR}"
    return (
        _row(solution, place, asked, known),
        _row(
            solution,
            place,
            f"{known}, Correctness: {SEPARATOR}",
            f"{known}, Correctness: {correct}",
        ),
    )


def holds_a_token(solution: LabelledSolution) -> bool:
    """Tell whether a text holds a token of the trainer, which would shift labels."""
    return any(token in text for token in TOKENS for text in (solution.problem, *solution.steps))


def _row(solution: LabelledSolution, place: int, asked: str, known: str) -> TypedRow:
    steps = texts(solution)
    before = "".join(f"{text}\n\n" for text in ["\n\n".join(steps[:place])] if text)
    step = f"{before}Current Step: {steps[place]}"
    user = Turn(role="user", content=f"{ASKED}\n\n Question: {solution.problem}")
    return TypedRow(
        inputs=(user, Turn(role="assistant", content=step + asked)),
        labels=(user, Turn(role="assistant", content=step + known)),
    )
