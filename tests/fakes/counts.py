"""Counts for rules, and how to draw them at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from stepmark.counts import Counts

triples = st.tuples(st.integers(0, 16), st.integers(0, 16), st.integers(0, 16))
"""(correct, incorrect, unknown) of one step."""
tables = st.lists(st.lists(triples, max_size=6), max_size=5)
"""Steps of several solutions."""


def counts_of(table: Sequence[Sequence[tuple[int, int, int]]]) -> Counts:
    """Lay solutions' counts out flat."""
    flat = np.array([step for steps in table for step in steps], dtype=np.int64).reshape(-1, 3)
    offsets = np.cumsum([0, *(len(steps) for steps in table)]).astype(np.int64)
    return Counts(correct=flat[:, 0], incorrect=flat[:, 1], unknown=flat[:, 2], offsets=offsets)
