"""A spoiled solution, how one is asked for, and the strict reading that injections share."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Final, Literal, NamedTuple

from annotators.judges.question import numbered, quoted
from stepmark.engines.protocol import Message, Sampling
from stepmark.records import Problem, Solution

Failure = Literal["missing_field", "repeated_field", "out_of_range", "nothing_changed", "rewritten"]
"""Why a reply is no use: a field is missing or there twice; it names a step that does not exist;
the step says what it said before; a step before the first error was changed."""

WRITING: Final = Sampling(temperature=0.4, max_tokens=2048)
"""How errors are written: VersaPRM's temperature."""
_END: Final = re.compile(r"\s*$")


class UselessError(Exception):
    """A reply that is no use; never leaves `reading`."""

    def __init__(self, reason: Failure) -> None:
        super().__init__(reason)
        self.reason: Failure = reason


class Asked(NamedTuple):
    """A request for one error."""

    kind: str
    """Kind of error that is wanted."""
    messages: tuple[Message, ...]
    """The conversation."""


class Spoiled(NamedTuple):
    """What became of a solution."""

    steps: tuple[str, ...]
    """Its steps, up to where the injection leaves off."""
    errors: tuple[int, ...]
    """Indices from 0 of the wrong steps, rising."""
    why: str
    """The writer's explanation."""


@functools.cache
def prompt(name: str) -> str:
    """Return the shipped prompt of an injection."""
    path = resources.files("annotators") / "injections" / "prompts" / f"{name}.txt"
    return path.read_text(encoding="utf-8").rstrip("\n")


def ask_each(
    name: str, kinds: Mapping[str, str], wanted: int, problem: Problem, solution: Solution
) -> tuple[Asked, ...]:
    """Return one request for each of `wanted` kinds of error, by the prompt of this name.

    Args:
        name: the prompt.
        kinds: what each kind means, by its name.
        wanted: how many are asked for, at most all.
        problem: the problem.
        solution: a right solution of it.
    """
    return tuple(
        ask(name, kind, kinds[kind], problem, solution)
        for kind in _rotated(kinds, solution, wanted)
    )


def ask(name: str, kind: str, meaning: str, problem: Problem, solution: Solution) -> Asked:
    """Return the request for one error of a kind, with the texts filled in once."""
    fields = {
        "problem": quoted(problem.statement),
        "solution": numbered(solution.steps),
        "kind": kind.replace("_", " "),
        "meaning": meaning,
    }
    slot = re.compile(r"\{(" + "|".join(fields) + r")\}")
    text = slot.sub(lambda match: fields[match[1]], prompt(name))
    return Asked(kind, (Message(role="user", content=text),))


def _rotated(kinds: Mapping[str, str], solution: Solution, wanted: int) -> Sequence[str]:
    """Return `wanted` kinds from where the solution's id says: all kinds come equally often."""
    names = list(kinds)
    start = int.from_bytes(hashlib.blake2b(solution.id.encode(), digest_size=4).digest(), "big")
    return [names[(start + place) % len(names)] for place in range(min(wanted, len(names)))]


def reading(read: Callable[[], Spoiled]) -> Spoiled | Failure:
    """Read a reply; what makes it useless is returned as its reason."""
    try:
        return read()
    except UselessError as error:
        return error.reason


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
