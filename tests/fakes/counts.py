"""Counts for rules, and how to draw them at random."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from stepmark.counts import Counts, Tally
from stepmark.counts import counts_of as lay_out

triples = st.tuples(st.integers(0, 16), st.integers(0, 16), st.integers(0, 16))
"""(correct, incorrect, unknown) of one step."""
tables = st.lists(st.lists(triples, max_size=6), max_size=5)
"""Steps of several solutions."""


def counts_of(
    table: Sequence[Sequence[tuple[int, ...]]], roots: Sequence[tuple[int, ...]] | None = None
) -> Counts:
    """Lay solutions' counts out flat; without roots nothing was drawn from the bare problems."""
    tallies = [[Tally(*step) for step in steps] for steps in table]
    return lay_out([Tally(*root) for root in roots or [()] * len(table)], tallies)
