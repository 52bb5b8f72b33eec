"""How much the annotators of a build doubt about a solution: what people should look at first.

OPV (arXiv 2512.10756, §2) asks N verifications for the index of the first error and takes the share
of the commonest one as consistency; the least consistent solutions go to people. Here every
annotator has a voice: a judge the shares of its votes, a Monte Carlo annotator the posterior of the
first error given its rollouts (stepmark/posterior), any other the first error that it names, whole.
Voices are averaged, and doubt is 1 minus the largest share: with one judge alone that is OPV's
inconsistency. Where nobody has a voice every first error is as likely. People have none here: a
queue would otherwise move while they work on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotators.judged import Judged
from annotators.monte_carlo import MonteCarlo
from annotators.reviewed import Reviewed
from annotators.rules import Posterior
from flows.kinds import Annotator, kind_of
from flows.recipe import Recipe
from stepmark import ragged
from stepmark.counts import FloatArray, IntArray
from stepmark.evidence import SOLUTION_COLUMNS, evidence_of
from stepmark.labels import INCORRECT, UNLABELLED, VERDICTS
from stepmark.posterior import Hyper, read_many
from stepmark.records import Annotation, Solution
from storage.shards import read_table

SURE: Final = 0.9
"""Share that an annotator gives its first error when it is called sure."""
Voice = FloatArray | None
"""Shares of each first error, float64[steps + 1] with the last for none; None for no voice."""


class Doubted(NamedTuple):
    """A solution with what is thought of it."""

    solution_id: str
    doubt: float
    """In [0, 1): 1 minus the share of the commonest first error."""
    voices: dict[str, FloatArray]
    """By annotator."""

    @property
    def why(self) -> str:
        """Why a person should look, without a word on which step is suspected."""
        if not self.voices:
            return "no annotator tells"
        named = {int(voice.argmax()) for voice in self.voices.values()}
        unsure = [name for name, voice in self.voices.items() if voice.max() < SURE]
        differ = [f"{', '.join(self.voices)} differ"] * (len(named) > 1)
        return "; ".join([*differ, *(f"{name} is unsure" for name in unsure)]) or "all are sure"

    @property
    def said(self) -> str:
        """What each annotator thinks is the first error, with its share."""
        return "; ".join(
            f"{name}: {_place(voice, int(voice.argmax()))} {voice.max():.2f}"
            for name, voice in self.voices.items()
        )


def doubts(root: Path, recipe: Recipe, shard: str) -> Iterator[Doubted]:
    """Yield the solutions of a labelled shard, in its order.

    Raises:
        StorageError: a shard is missing or damaged.
    """
    solutions = read_table(root / f"solutions/{shard}.parquet", Solution, SOLUTION_COLUMNS)
    voices = {
        name: _voices(root, name, annotator, solutions, shard)
        for name, annotator in recipe.annotators.items()
        if not isinstance(annotator, Reviewed)
    }
    lengths = pc.list_value_length(solutions["steps"]).to_pylist()
    for row, solution in enumerate(solutions["id"].to_pylist()):
        heard = {
            name: voice for name, of_all in voices.items() if (voice := of_all[row]) is not None
        }
        shares = np.mean(list(heard.values()), axis=0) if heard else [1 / (lengths[row] + 1)]
        yield Doubted(solution, 1.0 - float(np.max(shares)), heard)


def _voices(
    root: Path, name: str, annotator: Annotator, solutions: pa.Table, shard: str
) -> list[Voice]:
    """Return what an annotator thinks of each solution."""
    kind = kind_of(annotator)

    def evidence() -> pa.Table:
        record: type[Any] = kind.record
        path = root / kind.folder / name / f"{shard}.parquet"
        return read_table(path, record, kind.columns)

    if isinstance(annotator, MonteCarlo):
        hyper = annotator.rule.hyper if isinstance(annotator.rule, Posterior) else Hyper()
        return _by_rollouts(solutions, evidence(), hyper)
    if isinstance(annotator, Judged):
        return _by_votes(annotator, solutions, evidence())
    path = root / f"annotations/{name}/{shard}.parquet"
    return _by_labels(read_table(path, Annotation, ("labels",)))


def _by_rollouts(solutions: pa.Table, rollouts: pa.Table, hyper: Hyper) -> list[Voice]:
    drawn = evidence_of(solutions, rollouts)
    counts = drawn.judged(np.ones(len(drawn.outcomes), dtype=np.bool_))
    beliefs = read_many(hyper, counts)
    return [
        belief if spent else None
        for belief, spent in zip(beliefs, drawn.spent.rollouts, strict=True)
    ]


def _by_votes(judged: Judged, solutions: pa.Table, critiques: pa.Table) -> list[Voice]:
    whole, first = judged.named(solutions, critiques)
    lengths = pc.list_value_length(solutions["steps"]).to_pylist()
    return [
        np.bincount(errors[read], minlength=steps + 1) / read.sum() if read.any() else None
        for read, errors, steps in zip(whole, first, lengths, strict=True)
    ]


def _by_labels(annotations: pa.Table) -> list[Voice]:
    """A first error speaks for itself; that there is none only if every step is labelled."""
    labels = annotations["labels"].combine_chunks()
    said = pc.index_in(labels.flatten().field("verdict"), pa.array(VERDICTS)).to_numpy()
    lengths = pc.list_value_length(labels).to_numpy().astype(np.int64)
    offsets: IntArray = np.concatenate(([0], np.cumsum(lengths)))
    error = ragged.first(said == INCORRECT, offsets)
    silent = ragged.first(said == UNLABELLED, offsets)
    tells = (error < lengths) | ((silent == lengths) & (lengths > 0))
    return [
        np.eye(1, steps + 1, at)[0] if speaks else None
        for steps, at, speaks in zip(lengths.tolist(), error.tolist(), tells, strict=True)
    ]


def _place(voice: FloatArray, at: int) -> str:
    return "none" if at == len(voice) - 1 else f"step {at}"
