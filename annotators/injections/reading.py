"""What may become of a solution, and the strict reading of replies that injections share."""

from __future__ import annotations

import itertools
import re
from typing import Final, Literal, NamedTuple

from stepmark.records import Solution

Failure = Literal["missing_field", "repeated_field", "out_of_range", "nothing_changed", "rewritten"]
"""Why a reply is no use: a field is missing or there twice; it names a step that does not exist;
the step says what it said before; a step before the first error was changed."""

_END: Final = re.compile(r"\s*$")
_STEP: Final = re.compile(r"<step_(\d{1,4})>(.*?)</step_\1>", re.DOTALL)


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
    """Read a whole solution that is the original up to its first wrong step.

    Raises:
        UselessError: it cannot be read, or is not the original up to there.
    """
    steps = whole(text, solution)
    errors = indices(field(text, "error_steps"), len(steps))
    originals = itertools.chain(solution.steps, itertools.repeat(None))
    pairs = enumerate(zip(steps, originals, strict=False))
    changed = [place for place, (step, original) in pairs if step != original]
    if errors[0] not in changed:
        raise UselessError("nothing_changed")
    if changed[0] < errors[0]:
        raise UselessError("rewritten")
    return Spoiled(steps=steps, errors=errors, why=field(text, "explanation"))


def whole(text: str, solution: Solution) -> tuple[str, ...]:
    """Return the steps of a reply, each ended by the white space that ends the original's.

    Raises:
        UselessError: they are not numbered from 0 without a gap, or one is empty.
    """
    written = [(int(number), step.strip()) for number, step in _STEP.findall(text)]
    numbers = [number for number, _ in written]
    if not written or numbers != list(range(len(written))) or not all(step for _, step in written):
        raise UselessError("missing_field")
    likes = itertools.chain(solution.steps, itertools.repeat(solution.steps[-1]))
    return tuple(ended_like(step, like) for (_, step), like in zip(written, likes, strict=False))


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


def indices(text: str, steps: int) -> tuple[int, ...]:
    """Return the steps that a list such as `2, 4` names, rising.

    Raises:
        UselessError: it names none, or one that is not there.
    """
    chosen = tuple(sorted({int(number) for number in re.findall(r"[0-9]{1,4}", text)}))
    if not chosen:
        raise UselessError("missing_field")
    if chosen[-1] >= steps:
        raise UselessError("out_of_range")
    return chosen


def ended_like(step: str, original: str) -> str:
    """Return a new step with the white space that ended the one it replaces."""
    ending = _END.search(original)
    return step.strip() + (ending[0] if ending else "")
