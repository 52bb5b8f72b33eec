"""FoVer's last steps: each solution is cut at every step, and only the last step keeps its label.

Paper: FoVer (arXiv 2505.15960), its released code, data set "LastStepBalanced": prefixes of all
lengths are made, right and wrong last steps are balanced (`balance` with `by: last_step`, inner
steps and those with the answer apart), and a model is trained on the last step only.
Deviations: none in what is cut. A prefix that is no whole solution has no answer and an unknown
outcome. Steps that are neither correct nor incorrect are the end of no prefix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.protocol import Block
from filters.rows import COUNT_COLUMNS, steps_of, still_bracketed, with_columns
from stepmark import ragged
from stepmark.ids import content_id
from stepmark.labels import CORRECT, INCORRECT, UNLABELLED, verdicts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(Block):
    """Replace each solution by its prefixes, labelled at their last step."""

    method: Literal["cut"]

    def change(self, rows: pa.Table, fitted: None) -> pa.Table:  # noqa: ARG002 (nothing is fitted)
        """Return a row for every step that is correct or incorrect; pure."""
        steps = steps_of(rows)
        ends = np.flatnonzero(np.isin(steps.verdicts, (CORRECT, INCORRECT)))
        owner = ragged.owners(steps.offsets)[ends]
        last = ragged.indices(steps.offsets)[ends]
        offsets = np.concatenate(([0], np.cumsum(last + 1))).astype(np.int64)
        chosen = np.repeat(steps.offsets[owner], last + 1) + ragged.indices(offsets)
        at_end = np.zeros(len(chosen), dtype=np.bool_)
        at_end[offsets[1:] - 1] = True
        wrong = steps.verdicts[ends] == INCORRECT
        whole = last == steps.lengths[owner] - 1
        made = rows.take(pa.array(owner))
        ids = zip(made["id"].to_pylist(), last.tolist(), strict=True)
        verdicts = np.where(at_end, steps.verdicts[chosen], UNLABELLED)
        columns: dict[str, Any] = {
            "id": pa.array([content_id("so", old, "cut", end) for old, end in ids], pa.string()),
            "verdicts": verdicts_of(verdicts),
            "values": _only(steps.values[chosen], at_end),
            "interpolated": pa.array(steps.interpolated[chosen] & at_end),
            "first_error": pa.array(last, mask=~wrong),
            "bracketed": still_bracketed(made, wrong, wrong & (last == steps.first_error[owner])),
            "answer": pc.if_else(pa.array(whole), made["answer"], pa.scalar(None, pa.string())),
            "outcome": pc.if_else(pa.array(whole), made["outcome"], "unknown"),
        }
        for name in ("steps", "step_policies", *COUNT_COLUMNS):
            columns[name] = rows[name].combine_chunks().flatten().take(pa.array(chosen))
        return with_columns(made, columns, offsets)


def _only(values: Any, at_end: Any) -> pa.Array:
    return pa.array(values, mask=np.isnan(values) | ~at_end)
