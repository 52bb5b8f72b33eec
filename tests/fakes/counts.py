"""Counts for rules, and how to draw them at random."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from stepmark.counts import Counts, Tally
from stepmark.counts import counts_of as lay_out

Triple = tuple[int, ...]
Rooted = tuple[Triple, list[Triple]]

triples = st.tuples(st.integers(0, 16), st.integers(0, 16), st.integers(0, 16))
"""(correct, incorrect, unknown) of one step."""
tables = st.lists(st.lists(triples, max_size=6), max_size=5)
"""Steps of several solutions."""
# Draws that rules believe are rare among arbitrary ones, and wanted often.
graded = st.tuples(st.integers(0, 16), st.integers(0, 16), st.just(0))
rooted_tables: st.SearchStrategy[list[Rooted]] = st.lists(
    st.tuples(graded | triples, st.lists(graded | triples, max_size=6)), max_size=5
)
"""The bare problem's draws and the steps of several solutions."""


def counts_of(table: Sequence[Sequence[Triple]], roots: Sequence[Triple] | None = None) -> Counts:
    """Lay solutions' counts out flat; without roots nothing was drawn from the bare problems."""
    tallies = [[Tally(*step) for step in steps] for steps in table]
    return lay_out([Tally(*root) for root in roots or [()] * len(table)], tallies)


def rooted(table: Sequence[Rooted]) -> Counts:
    """Lay solutions' counts out flat, each with the draws from its bare problem."""
    return counts_of([steps for _, steps in table], [root for root, _ in table])
