"""What reading stored evidence about many solutions has in common, whoever gathered it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepmark.counts import Counts, IntArray, no_draws
from stepmark.errors import StorageError
from stepmark.evidence import Spent


def rows_of(evidence: pa.Table, solutions: pa.Table, what: str) -> IntArray:
    """Return the row of the solution that each piece of evidence is about, int64[evidence].

    Raises:
        StorageError: one is of no such solution; `what` names them.
    """
    found = pc.index_in(evidence["solution_id"], value_set=solutions["id"])
    if found.null_count:
        raise StorageError(
            f"{found.null_count} {what} are of no solution stored beside them. Shards of two "
            "builds were mixed: start clean with --replace; the ledger is kept."
        )
    rows: IntArray = found.to_numpy().astype(np.int64)
    return rows


def without_draws(solutions: pa.Table) -> Counts:
    """Return counts of no rollouts, cut by the steps of the solutions."""
    lengths = pc.list_value_length(solutions["steps"]).to_numpy().astype(np.int64)
    return no_draws(np.concatenate(([0], np.cumsum(lengths))))


def nothing_spent(solutions: int) -> Spent:
    """Return what evidence costs that no model is asked for."""
    nothing = np.zeros(solutions, dtype=np.int64)
    return Spent(
        rollouts=nothing, requests=nothing, prompt_tokens=nothing, completion_tokens=nothing
    )
