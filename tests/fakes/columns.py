"""Records as the columns that shards hold, and back: for functions that work on columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import pyarrow as pa

from annotators.monte_carlo import MonteCarlo
from stepmark.evidence import evidence_of
from stepmark.records import Annotation, Rollout, Solution
from storage import shards
from storage.labels import annotation_table

Record = TypeVar("Record")


def table_from(record: type[Record], rows: Sequence[Record]) -> pa.Table:
    return shards.table_from(record, rows)


def records_from(record: type[Record], table: pa.Table) -> tuple[Record, ...]:
    return shards.records_of(record, table)


def annotate(
    annotator: MonteCarlo, name: str, solutions: Sequence[Solution], rollouts: Sequence[Rollout]
) -> tuple[Annotation, ...]:
    """Label solutions as a build does, through columns and back."""
    written = table_from(Solution, solutions)
    labels = annotator.annotate(evidence_of(written, table_from(Rollout, rollouts)))
    return records_from(Annotation, annotation_table(name, written, labels))
