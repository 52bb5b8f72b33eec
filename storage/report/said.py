"""What an annotator says of every step of a build, read from its shards column by column.

A million steps are ten megabytes here: codes and values alone, no text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepmark import ragged
from stepmark.counts import BoolArray, FloatArray, IntArray
from stepmark.labels import (
    INCORRECT,
    VERDICTS,
    CodeArray,
    codes_of,
    names_first_error,
    sound_steps,
)
from stepmark.records import Annotation
from storage.shards import read_table

AS_VERDICTS = (0.0, 1.0)
"""Values that say no more than a verdict does."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Said:
    """One annotator's labels on many solutions."""

    annotator: str
    """Its name in the recipe."""
    semantics: str
    """What its labels claim; empty where it labelled nothing."""
    solutions: pa.Array
    """Ids of the solutions."""
    offsets: IntArray
    """int64[solutions + 1]: where each solution's steps start."""
    verdicts: CodeArray
    """int8[steps], codes of `VERDICTS`."""
    values: FloatArray
    """float64[steps] in [0, 1], NaN where nothing was measured."""
    interpolated: BoolArray
    """bool[steps]: the label follows from other steps' evidence."""

    @property
    def first_error(self) -> IntArray:
        """Index of the earliest `incorrect` step; the number of steps without one."""
        return ragged.first(self.verdicts == INCORRECT, self.offsets)

    @property
    def has_error(self) -> BoolArray:
        """Whether a solution has an `incorrect` step, bool[solutions]."""
        return self.first_error < ragged.lengths(self.offsets)

    @property
    def sound(self) -> IntArray:
        """How many steps from the start are called correct or neutral, int64[solutions]."""
        return sound_steps(self.verdicts, self.offsets)

    @property
    def named(self) -> BoolArray:
        """Whether the first error of a solution is named, or that there is none; bool[solutions].

        Where it is not, `first_error` is the latest that it can be.
        """
        return names_first_error(self.verdicts, self.offsets)

    @property
    def is_graded(self) -> bool:
        """Whether its values tell more than its verdicts."""
        known = self.values[~np.isnan(self.values)]
        return bool(np.any(~np.isin(known, AS_VERDICTS)))

    def take(self, rows: IntArray) -> Said:
        """Return what it says of some of the solutions, in the order of `rows`."""
        lengths = ragged.lengths(self.offsets)[rows]
        offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        steps = np.repeat(self.offsets[rows], lengths) + ragged.indices(offsets)
        return dataclasses.replace(
            self,
            solutions=self.solutions.take(pa.array(rows)),
            offsets=offsets,
            verdicts=self.verdicts[steps],
            values=self.values[steps],
            interpolated=self.interpolated[steps],
        )


def read_said(root: Path, annotator: str, paths: Iterable[str]) -> Said:
    """Read what an annotator says from its shards, one after the other.

    Args:
        root: the build.
        annotator: its name.
        paths: of its annotation shards below the build.

    Raises:
        StorageError: a shard is missing or damaged.
    """
    parts = [_of_shard(annotator, read_table(root / path, Annotation, _READ)) for path in paths]
    lengths = [ragged.lengths(part.offsets) for part in parts]
    return Said(
        annotator=annotator,
        semantics=next((part.semantics for part in parts if part.semantics), ""),
        solutions=pa.concat_arrays(
            [part.solutions for part in parts] or [pa.array([], pa.string())]
        ),
        offsets=np.cumsum(np.concatenate([[0], *lengths]), dtype=np.int64),
        verdicts=_joined([part.verdicts for part in parts], np.int8),
        values=_joined([part.values for part in parts], np.float64),
        interpolated=_joined([part.interpolated for part in parts], np.bool_),
    )


_READ = ("solution_id", "semantics", "labels")


def _of_shard(annotator: str, table: pa.Table) -> Said:
    labels = table["labels"].combine_chunks()
    steps = labels.flatten()
    semantics = table["semantics"].unique().to_pylist()
    return Said(
        annotator=annotator,
        semantics=semantics[0] if semantics else "",
        solutions=table["solution_id"].combine_chunks(),
        offsets=(labels.offsets.to_numpy() - labels.offsets[0].as_py()).astype(np.int64),
        verdicts=codes_of(steps.field("verdict"), VERDICTS),
        values=pc.fill_null(steps.field("value"), np.nan).to_numpy(zero_copy_only=False),
        interpolated=steps.field("interpolated").to_numpy(zero_copy_only=False),
    )


def _joined(parts: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, dtype)
