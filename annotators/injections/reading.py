"""What may become of a solution, and the strict reading of replies that injections share."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from annotators.asking import has_tags
from stepmark.records import Solution

Failure = Literal[
    "missing_field", "repeated_field", "out_of_range", "nothing_changed", "tags_inside"
]
"""Why a reply is no use: a field is missing or there too often; it names a step that does not
exist; it says what the original says; a step of it holds tags that the prompt was written with."""

_END: Final = re.compile(r"\s*$")
_STEP: Final = re.compile(r"<(wrong_|next_|)step>(.*?)</\1step>", re.DOTALL)
_NEGATIVE: Final = re.compile(r"(?<!\w)[-\u2212]\s?[0-9]")
_OPENED: Final = re.compile(r"<(?:wrong_|next_|)step>")


class UselessError(Exception):
    """A reply that is no use; never leaves `Writing.parse`."""

    def __init__(self, reason: Failure) -> None:
        super().__init__(reason)
        self.reason: Failure = reason


class Spoiled(NamedTuple):
    """A solution that was made wrong."""

    steps: tuple[str, ...]
    """Its steps, up to where the injection leaves off."""
    errors: tuple[int, ...]
    """Indices from 0 of the wrong steps, rising."""
    why: str
    """The writer's explanation."""


class Another(NamedTuple):
    """A second solution of the problem, right if its answer is."""

    steps: tuple[str, ...]
    """All its steps."""


def spoiled_from_a_step_on(text: str, solution: Solution) -> Spoiled:
    """Read a wrong step, its place, and what follows it; before it stands the original.

    Raises:
        UselessError: a part is missing, or the step is the original's, however it is spaced.
    """
    place = index(field(text, "error_step"), len(solution.steps))
    marks, steps = _marked(text, solution.steps, place)
    if marks[0] != "wrong_":
        raise UselessError("missing_field")
    if steps[0].split() == solution.steps[place].split():
        raise UselessError("nothing_changed")
    return Spoiled(
        steps=solution.steps[:place] + steps,
        errors=tuple(place + step for step, mark in enumerate(marks) if mark == "wrong_"),
        why=field(text, "explanation"),
    )


def another(text: str, solution: Solution) -> Another:
    """Read a whole other solution.

    Raises:
        UselessError: it has no steps, or the original's words, however they are cut and spaced.
    """
    marks, steps = _marked(text, solution.steps, 0)
    if set(marks) != {""}:
        raise UselessError("missing_field")
    if "".join(steps).split() == "".join(solution.steps).split():
        raise UselessError("nothing_changed")
    return Another(steps)


def _marked(text: str, originals: tuple[str, ...], place: int) -> tuple[list[str], tuple[str, ...]]:
    """Return the marks of the steps in a reply, and the steps, which begin at a place."""
    written = _STEP.findall(text)
    whole = [step for _, step in written if step.strip()]
    if not whole or len(whole) < len(_OPENED.findall(text)):
        raise UselessError("missing_field")
    if any(map(has_tags, whole)):
        raise UselessError("tags_inside")
    marks, steps = zip(*written, strict=True)
    likes = [*originals[place:-1], *[originals[0]] * len(steps)][: len(steps) - 1]
    likes.append(originals[min(place + len(likes), len(originals) - 1)])
    return list(marks), tuple(map(ended_like, steps, likes))


def field(text: str, name: str) -> str:
    """Return what stands between the one pair of tags of a name.

    Raises:
        UselessError: there is none, or nothing in it, or several.
    """
    found = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
    if len(found) > 1:
        raise UselessError("repeated_field")
    if not found or not found[0].strip():
        raise UselessError("missing_field")
    return str(found[0]).strip()


def index(text: str, steps: int) -> int:
    """Return the step, counted from 0, that a text names.

    Raises:
        UselessError: it names none, several, or one that is not there.
    """
    if _NEGATIVE.search(text):
        raise UselessError("out_of_range")
    numbers = {int(number) for number in re.findall(r"[0-9]{1,4}", text)}
    if not numbers:
        raise UselessError("missing_field")
    if len(numbers) > 1:
        raise UselessError("repeated_field")
    (number,) = numbers
    if number >= steps:
        raise UselessError("out_of_range")
    return number


def ended_like(step: str, original: str) -> str:
    """Return a new step with the white space that ended the one it replaces."""
    ending = _END.search(original)
    return step.strip() + (ending[0] if ending else "")
