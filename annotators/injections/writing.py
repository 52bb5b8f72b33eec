"""What injections have in common: a model is asked for one kind of error after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from annotators.asking import ask, numbered, quoted
from annotators.injections.reading import Another, Failure, Spoiled, UselessError
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.engines.protocol import Message, Sampling
from stepmark.records import Problem, Solution

WRITING: Final = Sampling(temperature=0.4, max_tokens=2048)
"""How errors are written: VersaPRM's temperature."""


class Kind(NamedTuple):
    """A kind of error, or what else is wanted."""

    prompt: str
    """Name of the prompt that asks for it."""
    slots: Mapping[str, str]
    """What the prompt has a place for beside `problem` and `solution`."""
    changes_answer: bool = True
    """Whether a solution with such an error, gone on with, ends in another answer: not if the error
    only says too much, goes in a circle, or leaves something unsaid."""


class Asked(NamedTuple):
    """A request for one error."""

    kind: str
    """Name of the kind that is wanted."""
    prompt: str
    """Name of the prompt."""
    messages: tuple[Message, ...]
    """The conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A policy that writes, and how; each injection says which kinds it knows, and reads."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    kinds: ClassVar[Mapping[str, Kind]]

    policy: str
    """Policy that writes the errors."""
    errors: int = 2
    """Errors of a solution, each of another kind."""
    sampling: Sampling = WRITING
    """How they are written."""

    def questions(self, problem: Problem, solution: Solution) -> tuple[Asked, ...]:
        """Return one request an error, about a right solution."""
        wanted = _rotated(self.kinds, solution, self.errors)
        return tuple(self.question(kind, problem, solution) for kind in wanted)

    def question(self, kind: str, problem: Problem, solution: Solution) -> Asked:
        """Return the request for an error of a kind."""
        wanted = self.kinds[kind]
        statement, steps = quoted(problem.statement), numbered(solution.steps)
        messages = ask(wanted.prompt, problem=statement, solution=steps, **wanted.slots)
        return Asked(kind, wanted.prompt, messages)

    def parse(self, kind: str, text: str, solution: Solution) -> Spoiled | Another | Failure:
        """Read a reply to the request for a kind, about a solution."""
        try:
            return self.read(kind, text, solution)
        except UselessError as error:
            return error.reason

    def read(self, kind: str, text: str, solution: Solution) -> Spoiled | Another:
        """Read a reply.

        Raises:
            UselessError: it is no use.
        """
        raise NotImplementedError


def _rotated(kinds: Mapping[str, Kind], solution: Solution, wanted: int) -> Sequence[str]:
    """Return `wanted` kinds from where the solution's id says: all kinds come equally often."""
    names = list(kinds)
    start = int.from_bytes(hashlib.blake2b(solution.id.encode(), digest_size=4).digest(), "big")
    return [names[(start + place) % len(names)] for place in range(min(wanted, len(names)))]
