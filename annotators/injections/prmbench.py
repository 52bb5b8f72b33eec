"""PRMBench's construction: a right solution is rewritten from one step on by a kind of flaw.

Paper: PRMBench (arXiv 2501.03124): GPT-4o modifies right solutions of PRM800K by nine kinds of flaw
in three groups (simplicity, soundness, sensitivity) and says which steps are wrong. Eight of them
are kinds of flaw in a step and are here; the ninth, consistency over several right solutions, needs
no modification. Socratic-PRMBench injects by reasoning pattern in the same way. Semantics:
correctness. Cost: a request a flaw.
Defaults: 2 flaws a solution, ours. Deviations: the prompts are our own; the problem itself is never
modified; steps before the first flaw must be the original's, and nobody filters the replies (the
authors had people check them).
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.injections.spoiled import (
    WRITING,
    Asked,
    Failure,
    Spoiled,
    UselessError,
    ask_each,
    ended_like,
    field,
    indices,
    reading,
)
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.engines.protocol import Sampling
from stepmark.records import Problem, Solution

KINDS: Final = {
    "redundancy": "a step that is not needed and only repeats or circles what is known",
    "circular_logic": "a step that rests on what it sets out to show",
    "counterfactual": "a step that states something against fact or against the problem",
    "step_contradiction": "a step that contradicts an earlier step",
    "domain_inconsistency": "a step that uses a rule where it does not hold",
    "confident_hallucination": "a step that asserts something invented with full confidence",
    "missing_condition": "a step that leaves out a condition or case that it needs",
    "deception": "a step that looks right and hides a small slip",
}
_STEP: Final = re.compile(r"<step_(\d{1,4})>(.*?)</step_\1>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrmBench:
    """A whole solution, flawed from one step on."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    prompt: ClassVar[str] = "prmbench"

    method: Literal["prmbench"]
    policy: str
    """Policy that writes the flaws."""
    errors: int = 2
    """Flawed versions of a solution, each of another kind."""
    sampling: Sampling = WRITING
    """How they are written."""

    def questions(self, problem: Problem, solution: Solution) -> tuple[Asked, ...]:
        """Return one request a flaw."""
        return ask_each(self.prompt, KINDS, self.errors, problem, solution)

    def parse(self, text: str, solution: Solution) -> Spoiled | Failure:
        """Read a reply about a solution."""
        return reading(lambda: _read(text, solution))


def _read(text: str, solution: Solution) -> Spoiled:
    written = [(int(number), step.strip()) for number, step in _STEP.findall(text)]
    if [number for number, _ in written] != list(range(len(written))) or not all(
        step for _, step in written
    ):
        raise UselessError("missing_field")
    errors = indices(field(text, "error_steps"), len(written))
    steps = _ended_like([step for _, step in written], solution.steps)
    changed = [place for place, step in enumerate(steps) if step != _at(solution, place)]
    if errors[0] not in changed:
        raise UselessError("nothing_changed")
    if changed[0] < errors[0]:
        raise UselessError("rewritten")
    return Spoiled(steps=steps, errors=errors, why=field(text, "explanation"))


def _ended_like(written: list[str], original: tuple[str, ...]) -> tuple[str, ...]:
    """Return the steps as written, with the white space of the original's."""
    endings = itertools.chain(original, itertools.repeat(original[-1]))
    return tuple(ended_like(step, like) for step, like in zip(written, endings, strict=False))


def _at(solution: Solution, place: int) -> str | None:
    return solution.steps[place] if place < len(solution.steps) else None
