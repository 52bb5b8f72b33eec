"""How far the annotators of a finished build agree: for its manifest."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.agreement import alpha, cohen
from flows.shards import Build
from stepmark.counts import BoolArray, IntArray
from stepmark.labels import VERDICTS, CodeArray, codes_of
from stepmark.records import Annotation


def agreement(build: Build, shards: Sequence[str]) -> dict[str, Any] | None:
    """Return how far the annotators agree on steps and first errors; None for a single one.

    `alpha` is Krippendorff's over all of them, `kappa` Cohen's of every pair, each null where it is
    undefined. `first_error` counts solutions: where both of a pair name the same first error or
    none, where the one or the other names an earlier one, and those that one of them says nothing
    of at all.
    """
    names = list(build.recipe.annotators)
    if len(names) == 1:
        return None
    tables = {name: _annotations(build, name, shards) for name in names}
    verdicts = np.stack([_verdicts(table) for table in tables.values()], axis=1)
    pairs = list(itertools.combinations(range(len(names)), 2))
    return {
        "alpha": _defined(alpha(verdicts)),
        "kappa": {
            f"{names[a]} ~ {names[b]}": _defined(cohen(verdicts[:, a], verdicts[:, b]))
            for a, b in pairs
        },
        "first_error": {
            f"{names[a]} ~ {names[b]}": _first_errors(names[a], names[b], tables) for a, b in pairs
        },
    }


def _annotations(build: Build, name: str, shards: Sequence[str]) -> pa.Table:
    columns = ["labels", "first_error"]
    paths = [f"annotations/{name}/{shard}.parquet" for shard in shards]
    return pa.concat_tables([build.table(path, Annotation, columns) for path in paths])


def _verdicts(annotations: pa.Table) -> CodeArray:
    """Return the verdict of every step of every solution, int8[steps]."""
    said = pc.struct_field(pc.list_flatten(annotations["labels"]), "verdict")
    return codes_of(said, VERDICTS)


def _first_errors(one: str, other: str, tables: dict[str, pa.Table]) -> dict[str, int]:
    first, second = _errors(tables[one]), _errors(tables[other])
    silent = is_silent(tables[one]) | is_silent(tables[other])
    return {
        "same": int(((first == second) & ~silent).sum()),
        f"{one} earlier": int(((first < second) & ~silent).sum()),
        f"{other} earlier": int(((second < first) & ~silent).sum()),
        "unlabelled": int(silent.sum()),
    }


def _errors(annotations: pa.Table) -> IntArray:
    """Return the first error of each solution; after every index where there is none."""
    none = np.iinfo(np.int64).max
    errors: IntArray = pc.fill_null(annotations["first_error"], none).to_numpy()
    return errors


def is_silent(annotations: pa.Table) -> BoolArray:
    """Tell which solutions have no labelled step, bool[solutions]."""
    labelled = _verdicts(annotations) > 0
    ends = np.cumsum(pc.list_value_length(annotations["labels"]).to_numpy())
    before = np.concatenate(([0], np.cumsum(labelled)))
    silent: BoolArray = np.diff(before[np.concatenate(([0], ends))]) == 0
    return silent


def _defined(figure: float) -> float | None:
    return None if math.isnan(figure) else round(figure, 4)
