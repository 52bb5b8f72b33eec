"""What the annotators of a build think is the first error of each solution, and what they say.

A judge thinks the shares of its readable votes. A Monte Carlo annotator thinks the posterior of the
first error given outcome and rollouts (stepmark/posterior), whatever its rule: with the recipe's
hyper-parameters fitted to a few hundred of the build's own wrong answers, because unfitted ones are
sure of wrong things (docs/review.md has figures). Not to right ones: how many of those hide an
error the rollouts hardly tell, and a fit would believe its own guesses. Any other annotator thinks
what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotators.judged import Judged
from annotators.rules import Posterior
from flows.kinds import Annotator, kind_of
from flows.recipe import Recipe
from stepmark import ragged
from stepmark.counts import Counts, FloatArray, IntArray
from stepmark.evidence import SOLUTION_COLUMNS, evidence_of
from stepmark.ids import fraction_of
from stepmark.labels import INCORRECT, UNLABELLED, VERDICTS
from stepmark.posterior import Hyper, fit, read_many
from stepmark.records import Annotation, Solution
from storage.shards import read_table

PILOT: Final = 300
"""Wrong answers that the posterior is fitted to: more of them order no better."""
Voice = FloatArray | None
"""Shares of each first error, float64[steps + 1] with the last for none; None for no voice."""
Claim = int | None
"""The first error that an annotator's labels name, the number of steps for none; None if they leave
it open."""


class Heard(NamedTuple):
    """What one annotator thinks and says of the solutions of a shard, one entry each."""

    voices: list[Voice]
    claims: list[Claim]


def heard(
    root: Path,
    name: str,
    annotator: Annotator,
    hyper: Hyper | None,
    solutions: pa.Table,
    shard: str,
) -> Heard:
    """Return what an annotator thinks and says.

    Args:
        root: the build's folder.
        name: of the annotator.
        annotator: its block of the recipe.
        hyper: what the posterior is read with; none where no rollouts are drawn.
        solutions: of the shard, with the columns `SOLUTION_COLUMNS`.
        shard: which.

    Raises:
        StorageError: a shard is missing or damaged.
    """
    path = root / f"annotations/{name}/{shard}.parquet"
    claims = _claims(read_table(path, Annotation, ("labels",)))
    if hyper is not None:
        beliefs = read_many(hyper, _counts(solutions, _evidence(root, name, annotator, shard)))
        return Heard(list(beliefs), claims)
    if isinstance(annotator, Judged):
        critiques = _evidence(root, name, annotator, shard)
        return Heard(_by_votes(annotator, solutions, critiques), claims)
    return Heard(_by_claims(solutions, claims), claims)


def solutions_of(root: Path, shard: str) -> pa.Table:
    """Return the columns of a shard's solutions that voices are heard with."""
    return read_table(root / f"solutions/{shard}.parquet", Solution, SOLUTION_COLUMNS)


def lengths_of(solutions: pa.Table) -> list[int]:
    """Return how many steps each solution has."""
    lengths: list[int] = pc.list_value_length(solutions["steps"]).to_pylist()
    return lengths


def own_hypers(recipe: Recipe) -> dict[str, Hyper]:
    """Return the hyper-parameters of the annotators that draw rollouts, as the recipe has them."""
    return {
        name: drawing.rule.hyper if isinstance(drawing.rule, Posterior) else Hyper()
        for name, drawing in recipe.monte_carlo.items()
    }


def fitted_hypers(root: Path, recipe: Recipe, shards: Sequence[str]) -> dict[str, Hyper]:
    """Return the same fitted to the first wrong answers of the build.

    Raises:
        StorageError: a shard is missing or damaged.
    """
    return {
        name: _fitted(root, name, recipe.annotators[name], start, shards)
        for name, start in own_hypers(recipe).items()
    }


def _fitted(
    root: Path, name: str, annotator: Annotator, start: Hyper, shards: Sequence[str]
) -> Hyper:
    """Return what fits best to a pilot of wrong answers; the start if there are none."""
    solutions, rollouts = [], []
    for shard in shards:
        of_shard = solutions_of(root, shard)
        solutions.append(of_shard.filter(pc.equal(of_shard["outcome"], "incorrect")))
        rollouts.append(_evidence(root, name, annotator, shard))
        if sum(map(len, solutions)) >= PILOT:
            break
    wrong = pa.concat_tables(solutions)
    by_hash = np.argsort([fraction_of(each) for each in wrong["id"].to_pylist()])
    pilot = wrong.take(by_hash[:PILOT])
    if not len(pilot):
        return start
    drawn = pa.concat_tables(rollouts)
    return fit(_counts(pilot, drawn.filter(pc.is_in(drawn["solution_id"], pilot["id"]))), start)


def _evidence(root: Path, name: str, annotator: Annotator, shard: str) -> pa.Table:
    kind = kind_of(annotator)
    record: type[Any] = kind.record
    return read_table(root / kind.folder / name / f"{shard}.parquet", record, kind.columns)


def _counts(solutions: pa.Table, rollouts: pa.Table) -> Counts:
    drawn = evidence_of(solutions, rollouts)
    return drawn.judged(np.ones(len(drawn.outcomes), dtype=np.bool_))


def _by_votes(judged: Judged, solutions: pa.Table, critiques: pa.Table) -> list[Voice]:
    whole, first = judged.named(solutions, critiques)
    return [
        np.bincount(errors[read], minlength=steps + 1) / read.sum() if read.any() else None
        for read, errors, steps in zip(whole, first, lengths_of(solutions), strict=True)
    ]


def _by_claims(solutions: pa.Table, claims: Sequence[Claim]) -> list[Voice]:
    return [
        None if claim is None else np.eye(1, steps + 1, claim)[0]
        for steps, claim in zip(lengths_of(solutions), claims, strict=True)
    ]


def _claims(annotations: pa.Table) -> list[Claim]:
    """A first error is claimed by its label; that there is none only if every step has one."""
    labels = annotations["labels"].combine_chunks()
    said = pc.index_in(labels.flatten().field("verdict"), pa.array(VERDICTS)).to_numpy()
    lengths = pc.list_value_length(labels).to_numpy().astype(np.int64)
    offsets: IntArray = np.concatenate(([0], np.cumsum(lengths)))
    error = ragged.first(said == INCORRECT, offsets)
    silent = ragged.first(said == UNLABELLED, offsets)
    tells = (error < lengths) | ((silent == lengths) & (lengths > 0))
    return [at if told else None for at, told in zip(error.tolist(), tells, strict=True)]
