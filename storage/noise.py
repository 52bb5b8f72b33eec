"""How far rollout counts can be trusted, estimated from the counts themselves.

Without gold labels there is no error rate. What the counts do show is sampling noise: how wide a
value is, and how often a prefix without a success is refuted by a later one, which continues it and
does succeed. Labels without counts (a judge's, a verifier's, and those of a consensus whose first
annotator is one) show nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepmark.counts import BoolArray, FloatArray, IntArray
from stepmark.ragged import indices, last, lengths, owners
from stepmark.records import Annotation, Solution
from storage.shards import ShardRef, read_table


def noise(
    root: Path, labels: Iterable[ShardRef], solutions: Iterable[ShardRef]
) -> dict[str, float | int | None]:
    """Return figures of the noise in a build's labels.

    A step is measured if rollouts from it were graded; last steps, which their own answer decides,
    are not. `value_se` is the mean standard error of a measured step's value, after Jeffreys' prior
    (half a success and half a failure), null where nothing was measured. `without_success` counts
    measured steps none of whose rollouts was right, `refuted` those of them that a later step
    of the solution with a right rollout, or the solution's own right answer, shows to be unlucky.
    `right` counts labelled solutions with a right answer, `right_accused` those with an
    `incorrect` step.

    Args:
        root: the build.
        labels: its shards of chosen annotations.
        solutions: its shards of solutions, in the same order.
    """
    total: dict[str, float] = dict.fromkeys(_SUMS, 0.0)
    for ref, solved in zip(labels, solutions, strict=False):
        table = read_table(root / ref.path, Annotation, ["solution_id", "labels"])
        for name, value in _of_shard(table, _right(root / solved.path, table)).items():
            total[name] += value
    measured = int(total["measured"])
    whole: dict[str, float | int | None] = {n: int(total[n]) for n in _SUMS if n != "se"}
    whole["value_se"] = round(total["se"] / measured, 3) if measured else None
    return whole


_SUMS = (
    "measured",
    "graded_rollouts",
    "without_success",
    "refuted",
    "right",
    "right_accused",
    "se",
)


def _of_shard(table: pa.Table, right_answer: BoolArray) -> dict[str, float]:
    labels = table["labels"].combine_chunks()
    offsets = labels.offsets.to_numpy().astype(np.int64)
    steps = labels.flatten()
    right = _numbers(steps, "correct")
    graded = right + _numbers(steps, "incorrect")
    ends: BoolArray = indices(offsets) == (lengths(offsets) - 1)[owners(offsets)]
    measured = (graded > 0) & ~ends
    hopeless = measured & (right == 0)
    later: BoolArray = last(right > 0, offsets)[owners(offsets)] > indices(offsets)
    accused = last(_holds(steps, "incorrect"), offsets) >= 0
    is_right = right_answer & (last(~_holds(steps, "unlabelled"), offsets) >= 0)
    return {
        "measured": float(measured.sum()),
        "graded_rollouts": float(graded[measured].sum()),
        "without_success": float(hopeless.sum()),
        "refuted": float((hopeless & later).sum()),
        "right": float(is_right.sum()),
        "right_accused": float((is_right & accused).sum()),
        "se": float(_standard_errors(right[measured], graded[measured]).sum()),
    }


def _standard_errors(right: IntArray, graded: IntArray) -> FloatArray:
    p = (right + 0.5) / (graded + 1)
    result: FloatArray = np.sqrt(p * (1 - p) / (graded + 1))
    return result


def _right(path: Path, labels: pa.Table) -> BoolArray:
    """Return for each labelled solution whether its answer is right."""
    solutions = read_table(path, Solution, ["id", "outcome"])
    row = pc.index_in(labels["solution_id"], value_set=solutions["id"])
    is_right = pc.equal(solutions["outcome"].take(row), "correct")
    result: BoolArray = pc.fill_null(is_right, False).to_numpy().astype(bool)
    return result


def _numbers(steps: Any, field: str) -> IntArray:
    result: IntArray = steps.field(field).to_numpy(zero_copy_only=False).astype(np.int64)
    return result


def _holds(steps: Any, verdict: str) -> BoolArray:
    result: BoolArray = pc.equal(steps.field("verdict"), verdict).to_numpy(zero_copy_only=False)
    return result
