"""Two steps after the same prefix, the better one first, as TRL's DPOTrainer takes them.

The pairs are rStar-Math's (storage/export/rstar_pairs.py), or those of a policy that compared its
own steps; the prompt is the problem, a line break and the prefix, so that `prompt + chosen` is text
that the policy wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from storage.export.rstar_pairs import StepPair


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredStep:
    """A step preferred to another."""

    prompt: str
    """The problem, a line break, and the steps before."""
    chosen: str
    """The preferred step."""
    rejected: str
    """The other one."""


def preferred_step(statement: str, prefix: str, chosen: str, rejected: str) -> PreferredStep:
    """Return two steps after the same prefix as a preference."""
    return PreferredStep(prompt=f"{statement}\n{prefix}", chosen=chosen, rejected=rejected)


def preferred_steps(
    pairs: Iterable[StepPair], statements: Mapping[str, str]
) -> tuple[PreferredStep, ...]:
    """Return step pairs as preferences.

    Args:
        pairs: as rStar-Math chooses them.
        statements: of their problems, by id.
    """
    return tuple(
        preferred_step(statements[pair.problem_id], pair.prefix, pair.pos, pair.neg)
        for pair in pairs
    )
