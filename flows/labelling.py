"""Labelling a shard: stored evidence to annotations, data and dropped rows; pure, columns only.

No Python object is made a solution or a step, so a finished build is labelled anew in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flows.recipe import Recipe
from stepmark.counts import IntArray
from stepmark.evidence import evidence_of
from stepmark.problems import split_of
from storage.labels import annotation_table, dropped_table, labelled_table, row_of, why_unusable


class Labelled(NamedTuple):
    """What labelling a shard gives, as tables of the records named."""

    annotations: dict[str, pa.Table]
    """`Annotation` rows of each annotator, one a solution."""
    rows: dict[str, pa.Table]
    """`LabelledSolution` rows of each split; perhaps none."""
    dropped: pa.Table
    """`Dropped` rows."""


def label(
    problems: pa.Table, solutions: pa.Table, rollouts: Mapping[str, pa.Table], recipe: Recipe
) -> Labelled:
    """Turn the stored evidence of a shard into labels and data rows."""
    drawn = {name: evidence_of(solutions, rollouts[name]) for name in recipe.annotators}
    annotations = {
        name: annotation_table(
            name,
            solutions,
            annotator.annotate(
                drawn[name].beside(drawn[annotator.prover]) if annotator.prover else drawn[name]
            ),
        )
        for name, annotator in recipe.annotators.items()
    }
    chosen = annotations[recipe.labels.from_]
    reasons = why_unusable(chosen)
    unusable = pc.is_valid(reasons)
    usable = pc.invert(unusable)
    good, labels = solutions.filter(usable), chosen.filter(usable)
    split = _splits(problems, good, list(recipe.splits), recipe)
    rows = labelled_table(problems, good, labels)
    return Labelled(
        annotations=annotations,
        rows={name: rows.filter(split == place) for place, name in enumerate(recipe.splits)},
        dropped=dropped_table(solutions.filter(unusable), "label", reasons.filter(unusable)),
    )


def _splits(problems: pa.Table, solutions: pa.Table, names: list[str], recipe: Recipe) -> IntArray:
    """Return the place in `names` of each solution's split."""
    of_problem = np.array(
        [names.index(split_of(problem, recipe.splits)) for problem in problems["id"].to_pylist()],
        dtype=np.int64,
    )
    splits: IntArray = of_problem[row_of(solutions["problem_id"], problems["id"]).to_numpy()]
    return splits
