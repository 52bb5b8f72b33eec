"""How much the annotators of a build doubt its labels: what people should look at first.

OPV (arXiv 2512.10756, §2) asks N verifications for the index of the first error and takes the share
of the commonest one as consistency; the least consistent solutions go to people. Here every
annotator has a voice (flows/review/voices.py), and voices are averaged. Doubt is 1 minus the share
of the first error that the *labels* name, averaged over the annotators whose labels name one; where
none does, 1 minus the largest share; and where nobody has a voice, every first error is as likely.
With one judge alone whose majority decides, that is OPV's inconsistency.
Deviation: OPV's labels are the commonest first error. A rule's labels on rollout counts often are
not what the counts say, and then the posterior may be sure that the label is wrong: 1 minus the
largest share would call such a solution certain. People have no voice: a queue would otherwise move
while they work on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from annotators.reviewed import Reviewed
from flows.recipe import Recipe
from flows.review.voices import Claim, Heard, heard, lengths_of, solutions_of
from stepmark.counts import FloatArray
from stepmark.posterior import Hyper

SURE: Final = 0.9
"""Share that an annotator gives its first error when it is called sure."""


class Doubted(NamedTuple):
    """A solution with what is thought of it."""

    solution_id: str
    doubt: float
    """In [0, 1]: how little share the first error has that the labels name."""
    voices: dict[str, FloatArray]
    """Shares of each first error, by annotator."""
    claims: dict[str, int]
    """The first error that an annotator's labels name, the number of steps for none."""

    @property
    def why(self) -> str:
        """Why a person should look, without a word on which step is suspected."""
        if not self.voices:
            return "no annotator tells"
        thought = {name: int(voice.argmax()) for name, voice in self.voices.items()}
        unsure = [name for name, voice in self.voices.items() if voice.max() < SURE]
        belied = [name for name, claim in self.claims.items() if thought.get(name, claim) != claim]
        differ = [f"{', '.join(self.voices)} differ"] * (len(set(thought.values())) > 1)
        why = [
            *differ,
            *(f"{name}'s label is not what its evidence says" for name in belied),
            *(f"{name} is unsure" for name in unsure),
        ]
        return "; ".join(why) or "all are sure"

    @property
    def said(self) -> str:
        """What each annotator thinks is the first error, with its share, and what it says."""
        return "; ".join(self._said(name, voice) for name, voice in self.voices.items())

    def _said(self, name: str, voice: FloatArray) -> str:
        thought = int(voice.argmax())
        said, claim = f"{name}: {_place(voice, thought)} {voice.max():.2f}", self.claims.get(name)
        return said if claim in {None, thought} else f"{said}, labelled {_place(voice, claim)}"


def doubts(
    root: Path, recipe: Recipe, shards: Sequence[str], hypers: Mapping[str, Hyper]
) -> Iterator[Doubted]:
    """Yield the solutions of labelled shards, in their order.

    Args:
        root: the build's folder.
        recipe: the build's.
        shards: which.
        hypers: of every annotator that draws rollouts, what its posterior is read with.

    Raises:
        StorageError: a shard is missing or damaged.
    """
    annotators = {
        name: annotator
        for name, annotator in recipe.annotators.items()
        if not isinstance(annotator, Reviewed)
    }
    for shard in shards:
        solutions = solutions_of(root, shard)
        said = {
            name: heard(root, name, annotator, hypers.get(name), solutions, shard)
            for name, annotator in annotators.items()
        }
        lengths = lengths_of(solutions)
        for row, solution in enumerate(solutions["id"].to_pylist()):
            yield _doubted(solution, lengths[row], said, row)


def _doubted(solution: str, steps: int, said: Mapping[str, Heard], row: int) -> Doubted:
    voices = {n: voice for n, of in said.items() if (voice := of.voices[row]) is not None}
    claims = {n: claim for n, of in said.items() if (claim := of.claims[row]) is not None}
    shares = _mean(list(voices.values())) if voices else np.full(steps + 1, 1 / (steps + 1))
    trusted = _mean([shares[at] for at in claims.values()]) if claims else shares.max()
    return Doubted(solution, max(0.0, 1.0 - float(trusted)), voices, claims)


def _mean(parts: Sequence[Any]) -> Any:
    """Return the mean of a few arrays or numbers."""
    return sum(parts) / len(parts)


def _place(voice: FloatArray, at: Claim) -> str:
    return "none" if at == len(voice) - 1 else f"step {at}"
