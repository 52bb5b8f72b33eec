"""What annotators say, written as letters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from storage.report.said import Said

CODES = "?CIN"


def said(
    *letters: str,
    values: Sequence[float] | None = None,
    annotator: str = "mc",
    ids: Sequence[str] = (),
) -> Said:
    """One text a solution: `CI?N` is a correct, an incorrect, an unlabelled and a neutral step.

    Values are 1 and 0 for correct and incorrect steps unless they are given, for all steps in turn.
    """
    flat = "".join(letters)
    by_verdict = [{"C": 1.0, "I": 0.0}.get(letter, np.nan) for letter in flat]
    return Said(
        annotator=annotator,
        semantics="potential",
        solutions=pa.array(ids or [f"so_{n:032x}" for n in range(len(letters))], pa.string()),
        offsets=np.cumsum([0, *map(len, letters)], dtype=np.int64),
        verdicts=np.array([CODES.index(letter) for letter in flat], dtype=np.int8),
        values=np.array(by_verdict if values is None else values, dtype=np.float64),
        interpolated=np.zeros(len(flat), dtype=np.bool_),
    )
