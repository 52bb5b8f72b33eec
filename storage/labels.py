"""From label arrays to the tables of annotations, data and dropped rows, column by column.

The same rows, and so the same bytes, as writing `Annotation`, `LabelledSolution` and `Dropped`
records would give; the record classes stay the definition of the columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepmark.counts import BoolArray, IntArray
from stepmark.labels import REASONS, CodeArray, Labels, verdicts_of
from stepmark.ragged import lengths
from stepmark.records import Annotation, StepLabel
from storage.rows import Dropped, LabelledSolution, Rationale
from storage.schema import schema_of
from storage.shards import table_of

OF_THE_SOLUTION = ("answer", "outcome", "policy", "step_policies", "solve_rate", "difficulty")
"""Columns that a data row has from its solution, as they are."""


def annotation_table(annotator: str, solutions: pa.Table, labels: Labels) -> pa.Table:
    """Return the `Annotation` rows of solutions, in their order."""
    has_error = labels.first_error < lengths(labels.counts.offsets)
    spent = labels.spent
    return table_of(
        Annotation,
        {
            "solution_id": solutions["id"],
            "problem_id": solutions["problem_id"],
            "annotator": annotator,
            "semantics": labels.semantics,
            "labels": _step_labels(labels),
            "first_error": pa.array(labels.first_error, mask=~has_error),
            "bracketed": pa.array(labels.bracketed, mask=~has_error),
            "reason": _reasons(labels.reasons),
            "rollouts": pa.array(spent.rollouts),
            "requests": pa.array(spent.requests),
            "prompt_tokens": pa.array(spent.prompt_tokens),
            "completion_tokens": pa.array(spent.completion_tokens),
        },
    )


def rationale_table(critiques: pa.Table, rejected: pa.Array) -> pa.Table:
    """Return the `Rationale` rows of critiques, in their order."""
    columns = ("problem_id", "solution_id", "first", "draw")
    return table_of(
        Rationale, {**{name: critiques[name] for name in columns}, "rejected": rejected}
    )


def labelled_table(problems: pa.Table, solutions: pa.Table, annotations: pa.Table) -> pa.Table:
    """Return the `LabelledSolution` rows of solutions with an annotation each, in their order."""
    problem = problems.take(row_of(solutions["problem_id"], problems["id"]))
    labels = annotations["labels"].combine_chunks()
    return table_of(
        LabelledSolution,
        {
            "id": solutions["id"],
            "problem_id": problem["id"],
            "problem": problem["statement"],
            "reference": problem["reference"],
            "steps": solutions["steps"],
            "verdicts": _each(labels, "verdict"),
            "values": _each(labels, "value"),
            "interpolated": _each(labels, "interpolated"),
            **{
                name: annotations[name]
                for name in ("first_error", "bracketed", "semantics", "annotator")
            },
            **{name: solutions[name] for name in OF_THE_SOLUTION},
            "source": problem["source"],
            "source_id": problem["source_id"],
            "rollouts": annotations["rollouts"],
            "completion_tokens": annotations["completion_tokens"],
        },
    )


def dropped_table(solutions: pa.Table, stage: str, reasons: pa.ChunkedArray) -> pa.Table:
    """Return the `Dropped` rows of solutions that all go at one stage, with a reason each."""
    return table_of(
        Dropped,
        {
            "problem_id": solutions["problem_id"],
            "solution_id": solutions["id"],
            "stage": stage,
            "reason": reasons,
            "solve_rate": solutions["solve_rate"],
        },
    )


def why_unusable(annotations: pa.Table) -> pa.ChunkedArray:
    """Return why each annotation is worth nothing, null where it has a label."""
    labels = annotations["labels"].combine_chunks()
    labelled = pc.not_equal(labels.flatten().field("verdict"), "unlabelled").to_numpy(
        zero_copy_only=False
    )
    has_label = pa.array(_any(labelled, labels.offsets.to_numpy()))
    silent = pc.if_else(has_label, pa.scalar(None, pa.string()), "all_unlabelled")
    return pc.coalesce(annotations["reason"], silent)


def row_of(ids: pa.ChunkedArray, among: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return in which row of `among` each id is; null where it is in none."""
    return pc.index_in(ids, value_set=among)


def _step_labels(labels: Labels) -> pa.ListArray:
    steps, counts = labels.steps, labels.counts
    columns = {
        "verdict": verdicts_of(steps.verdicts),
        "value": pa.array(steps.values, mask=np.isnan(steps.values)),
        "correct": pa.array(counts.correct),
        "incorrect": pa.array(counts.incorrect),
        "unknown": pa.array(counts.unknown),
        "interpolated": pa.array(steps.interpolated),
        "reason": _reasons(steps.reasons),
    }
    fields = list(schema_of(StepLabel))
    structs = pa.StructArray.from_arrays([columns[f.name] for f in fields], fields=fields)
    offsets = pa.array(counts.offsets.astype(np.int32))
    return pa.ListArray.from_arrays(
        offsets, structs, type=schema_of(Annotation).field("labels").type
    )


def _reasons(codes: CodeArray) -> pa.Array:
    return pa.array(REASONS, pa.string()).take(pa.array(codes))


def _each(labels: pa.ListArray, name: str) -> Any:
    """Return one field of the labels of each solution, as a list a solution."""
    return pa.ListArray.from_arrays(labels.offsets, labels.values.field(name))


def _any(holds: BoolArray, offsets: IntArray) -> BoolArray:
    """Return for each stretch between offsets whether any entry holds; an empty one does not."""
    before = np.concatenate(([0], np.cumsum(holds)))
    result: BoolArray = before[offsets[1:]] > before[offsets[:-1]]
    return result
