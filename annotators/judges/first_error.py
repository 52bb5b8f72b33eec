"""One-pass judge: the number of the first wrong step, in a box.

Paper: ProcessBench (arXiv 2412.06559), its critic form: steps tagged and numbered, the earliest
wrong one in a box, −1 if there is none. GenPRM (arXiv 2504.00891) asks the same and counts from 1.
Semantics: correctness. Defaults: counts from 0, as ProcessBench.
Cost: one request a solution and vote.
With `structured` the reply is a JSON object that the server holds to (structured.py).
Deviations: the prompt is our own; steps after the first error are unlabelled, since the judge was
told not to examine them; a reply whose prose names another first error than its box is a
contradiction (mostly a judge that counts by another base), where the papers take the last box; no
paper has the structured form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.judges.question import Question, about_the_whole
from annotators.judges.reply import Reading, UnreadableError, fail, final_box, reading, step_of
from annotators.judges.structured import fields, one_of, schema
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Problem, Semantics, Solution, Verdict

FIELD: Final = "first_error"
"""Field of a structured reply that holds the number."""
_NAMED: Final = re.compile(
    r"(?:first|earliest) (?:error|mistake|wrong step|incorrect step)\b[^.\n]{0,60}?"
    r"\b(?:step|paragraph)[\s_]*([0-9]{1,4})",
    re.IGNORECASE | re.ASCII,
)
_ALL_RIGHT: Final = re.compile(
    r"(?<!not )(?<!if )\b(?:all|every one) (?:of )?(?:the |these )?(?:steps|paragraphs) "
    r"(?:are|is) (?:correct|right|valid)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstError:
    """The number of the first wrong step, or −1."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    asks_each_step: ClassVar[bool] = False
    needs_reference: ClassVar[bool] = False
    dimensions: ClassVar[tuple[str, ...]] = ()

    method: Literal["first_error"]
    count_from: Literal[0, 1] = 0
    """The number the judge is shown for the first step."""
    structured: bool = False
    """Whether the server holds the reply to a JSON schema (guided decoding)."""

    @property
    def prompt(self) -> str:
        """Name of the prompt."""
        return "first_error_json" if self.structured else "first_error"

    def questions(self, problem: Problem, solution: Solution) -> tuple[Question, ...]:
        """Return one question about the whole solution."""
        last = len(solution.steps) - 1 + self.count_from
        numbers = [-1, *range(self.count_from, last + 1)]
        return about_the_whole(
            self.prompt,
            problem,
            solution,
            count_from=self.count_from,
            schema=schema(FIELD, one_of(numbers)) if self.structured else None,
            example=str(last),
        )

    def parse(self, text: str, steps: int) -> Reading:
        """Read a reply about `steps` steps."""
        return reading(text, lambda answer: self._read(answer, steps))

    def _read(self, answer: str, steps: int) -> Reading:
        if self.structured:
            answer, number = fields(answer, FIELD)
            error = listed_step(number, steps, self.count_from)
        else:
            error = boxed_step(answer, steps, self.count_from)
        named = {int(match[1]) - self.count_from for match in _NAMED.finditer(answer)}
        if named - {error} or (error is not None and _ALL_RIGHT.search(answer)):
            fail("contradiction")
        return Reading(verdicts=up_to(error, steps, after="unlabelled"))


def listed_step(number: object, steps: int, count_from: int) -> int | None:
    """Return the index from 0 of the step with this number; None for −1, no step."""
    if not isinstance(number, int) or isinstance(number, bool):
        fail("unclear_verdict")
    return step_of(str(number), steps, count_from)


def boxed_step(answer: str, steps: int, count_from: int) -> int | None:
    """Return the index from 0 of the step in the box that ends a reply; None for no step.

    Boxes before it may quote the solution's answer; one that names another step, or none where the
    last names one, is a contradiction.
    """
    before, last = final_box(answer)
    error = step_of(last, steps, count_from)
    if any(
        step_of(box, steps, count_from) != error
        for box in before
        if _is_step(box, steps, count_from)
    ):
        fail("contradiction")
    return error


def up_to(error: int | None, steps: int, *, after: Verdict) -> tuple[Verdict, ...]:
    """Return `correct` before the first error, `incorrect` at it, and `after` behind it."""
    at = steps if error is None else error
    return tuple(
        "correct" if step < at else "incorrect" if step == at else after for step in range(steps)
    )


def _is_step(box: str, steps: int, count_from: int) -> bool:
    try:
        step_of(box, steps, count_from)
    except UnreadableError:
        return False
    return True
