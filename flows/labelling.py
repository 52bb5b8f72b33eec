"""Labelling a shard: stored evidence to annotations, data and dropped rows; pure, columns only.

No Python object is made a solution or a step, so a finished build is labelled anew in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotators.judged import Judged
from annotators.monte_carlo import MonteCarlo
from filters.consensus import CONSENSUS
from filters.rationales import rejections
from flows.kinds import Annotator
from flows.recipe import Recipe
from stepmark.evidence import Evidence, evidence_of
from stepmark.labels import Labels
from stepmark.posterior import Confusion, evidence_of_many
from stepmark.problems import split_of
from storage.labels import (
    annotation_table,
    dropped_table,
    labelled_table,
    rationale_table,
    why_unusable,
)


class Labelled(NamedTuple):
    """What labelling a shard gives, as tables of the records named."""

    annotations: dict[str, pa.Table]
    """`Annotation` rows of each annotator, one a solution."""
    chosen: pa.Table
    """`Annotation` rows of the annotator or consensus that the data's labels are from."""
    rows: dict[str, pa.Table]
    """`LabelledSolution` rows of each split; perhaps none."""
    dropped: pa.Table
    """`Dropped` rows."""
    rationales: dict[str, pa.Table]
    """`Rationale` rows of each judge, one a critique."""


def label(
    problems: pa.Table,
    solutions: pa.Table,
    evidence: Mapping[str, pa.Table],
    recipe: Recipe,
) -> Labelled:
    """Turn the stored evidence of a shard into labels and data rows.

    Args:
        problems: the shard.
        solutions: its solutions.
        evidence: what each annotator gathered, by its name.
        recipe: what is made of them.
    """
    labels_of = _labels(solutions, evidence, recipe)
    annotations = {
        name: annotation_table(name, solutions, labels) for name, labels in labels_of.items()
    }
    chosen = _chosen(solutions, labels_of, annotations, recipe)
    reasons = why_unusable(chosen)
    unusable = pc.is_valid(reasons)
    usable = pc.invert(unusable)
    good, labels = solutions.filter(usable), chosen.filter(usable)
    return Labelled(
        annotations=annotations,
        chosen=chosen,
        rows=by_split(labelled_table(problems, good, labels), recipe),
        dropped=dropped_table(solutions.filter(unusable), "label", reasons.filter(unusable)),
        rationales={
            name: rationale_table(evidence[name], rejections(evidence[name], solutions, chosen))
            for name in recipe.judges
        },
    )


def _labels(
    solutions: pa.Table,
    evidence: Mapping[str, pa.Table],
    recipe: Recipe,
) -> dict[str, Labels]:
    """Return what each annotator says, in the recipe's order."""
    drawn = {name: evidence_of(solutions, evidence[name]) for name in recipe.monte_carlo}
    judged = {
        name: judge.annotate(solutions, evidence[name]) for name, judge in recipe.judges.items()
    }

    def said(name: str, annotator: Annotator) -> Labels:
        if isinstance(annotator, Judged):
            return judged[name]
        if not isinstance(annotator, MonteCarlo):
            return annotator.annotate(solutions, evidence[name])
        counted, prover = drawn[name], annotator.prover
        if prover is not None:
            counted = counted.beside(drawn[prover])
        if annotator.witnesses:
            counted = _heard(counted, annotator.witnesses, judged)
        return annotator.annotate(counted)

    return {name: said(name, annotator) for name, annotator in recipe.annotators.items()}


def _heard(
    evidence: Evidence, witnesses: Mapping[str, Confusion], judged: Mapping[str, Labels]
) -> Evidence:
    """Return evidence with what witnesses say beside it."""
    offsets = evidence.drawn.offsets
    testimony = [
        evidence_of_many(judged[name].steps.verdicts, offsets, rates)
        for name, rates in witnesses.items()
    ]
    return evidence.heard(np.sum(testimony, axis=0), [judged[name].spent for name in witnesses])


def _chosen(
    solutions: pa.Table,
    labels: Mapping[str, Labels],
    annotations: Mapping[str, pa.Table],
    recipe: Recipe,
) -> pa.Table:
    """Return the annotations that the data's labels are from."""
    source = recipe.labels.from_
    if isinstance(source, str):
        return annotations[source]
    combined = source.combine([labels[name] for name in source.of])
    return annotation_table(CONSENSUS, solutions, combined)


def by_split(rows: pa.Table, recipe: Recipe) -> dict[str, pa.Table]:
    """Return the rows of each split; perhaps none."""
    problems = rows["problem_id"].unique()
    splits = pa.array([split_of(each, recipe.splits) for each in problems.to_pylist()], pa.string())
    of_row = splits.take(pc.index_in(rows["problem_id"], problems))
    return {name: rows.filter(pc.equal(of_row, name)) for name in recipe.splits}
