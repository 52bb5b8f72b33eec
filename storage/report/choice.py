"""Which solutions a report shows: a fixed choice by id, some of every kind, bounded in number.

The order within a kind is that of the hashes in the ids, which is random and always the same, so
that neither the order of the source nor that of the shards decides what a reader sees.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from stepmark import ragged
from stepmark.counts import BoolArray, FloatArray
from stepmark.ids import fraction_of
from storage.report.figures import outcome_is
from storage.report.said import Said

OF_EACH: Final = 24
"""Solutions of each kind that are shown, at most."""
UNCERTAIN, DIFFER = "uncertain", "annotators differ"
"""Kinds beside the outcomes."""


def choose(
    said: Sequence[Said], chosen: Said, outcomes: pa.Array, of_each: int = OF_EACH
) -> dict[str, tuple[str, ...]]:
    """Return ids of solutions to show, each with the kinds it is of, one of each kind in turn.

    Args:
        said: what every annotator says, of the same solutions in the same order.
        chosen: what the data's labels are.
        outcomes: of those solutions.
        of_each: solutions of each kind at most.
    """
    drawn = np.array([fraction_of(each) for each in chosen.solutions.to_pylist()])
    kinds: Mapping[str, tuple[BoolArray, FloatArray]] = {
        DIFFER: (disagree(said), -_distance(said)),
        UNCERTAIN: (uncertainty(chosen) > 0, -uncertainty(chosen)),
        **{
            outcome: (outcome_is(outcomes, outcome), np.zeros(len(drawn)))
            for outcome in ("incorrect", "correct", "unknown")
        },
    }
    firsts = {kind: _first(among, rank, drawn, of_each) for kind, (among, rank) in kinds.items()}
    in_turn = itertools.chain(*itertools.zip_longest(*firsts.values()))
    rows = list(dict.fromkeys(row for row in in_turn if row is not None))
    of_row = [
        tuple(kind for kind, first in firsts.items() if _is_of(kind, row, kinds[kind][0], first))
        for row in rows
    ]
    ids = chosen.solutions.take(pa.array(rows, pa.int64())).to_pylist()
    return dict(zip(ids, of_row, strict=True))


def _is_of(kind: str, row: int, among: BoolArray, first: Sequence[int]) -> bool:
    """Tell whether a row is of a kind; few values are certain, so the first alone are not."""
    return row in first if kind == UNCERTAIN else bool(among[row])


def _first(among: BoolArray, rank: FloatArray, drawn: FloatArray, count: int) -> list[int]:
    """Return the first rows by rank, and those of one rank by hash."""
    rows = np.flatnonzero(among)
    first: list[int] = rows[np.lexsort((drawn[rows], rank[rows]))][:count].tolist()
    return first


def uncertainty(said: Said) -> FloatArray:
    """Return how uncertain the values of each solution's steps are on average, in [0, 1].

    4 v (1 − v) of a step with value v: 1 for an even chance. Steps without a value do not count.
    """
    doubt = 4 * said.values * (1 - said.values)
    known = ~np.isnan(doubt)
    owners, count = ragged.owners(said.offsets)[known], len(said.offsets) - 1
    measured = np.bincount(owners, minlength=count)
    result: FloatArray = np.bincount(owners, doubt[known], count) / np.maximum(measured, 1)
    return result


def disagree(said: Sequence[Said]) -> BoolArray:
    """Tell on the first errors of which solutions annotators differ, bool[solutions].

    One calls a step incorrect that another, with all before it, calls sound. Who leaves steps
    unlabelled before that differs from nobody.
    """
    return _distance(said) > 0


def _distance(said: Sequence[Said]) -> FloatArray:
    """Return how far apart annotators' first errors are at least, in steps; 0 if they may agree."""
    earliest = np.stack([each.first_error for each in said]).min(axis=0)
    soundest = np.stack([each.sound for each in said]).max(axis=0)
    result: FloatArray = np.maximum(soundest - earliest, 0).astype(np.float64)
    return result
