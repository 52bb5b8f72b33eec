"""How far annotators agree on the same solutions: for the manifest and for pages."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from filters.agreement import alpha, cohen
from flows.shards import Build
from stepmark.counts import IntArray
from stepmark.labels import UNLABELLED, VERDICTS
from storage.report.said import Said, read_said


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two annotators of the same solutions."""

    one: str
    """Name of the first."""
    other: str
    """Name of the second."""
    kappa: float | None
    """Cohen's kappa over the steps that both label; None where it is undefined."""
    steps: int
    """How many those are."""
    verdicts: IntArray
    """int64[4, 4]: steps by the code of `VERDICTS` that the one gives (rows) and the other."""
    same: int
    """Solutions of which both name the same first error, or none."""
    one_earlier: int
    """Solutions in which the one calls a step incorrect that the other, with all before it, calls
    sound."""
    other_earlier: int
    """The reverse."""
    unknown: int
    """Solutions of which neither can be told: one of them leaves a step unlabelled that may be its
    first error."""


def pair(one: Said, other: Said) -> Pair:
    """Compare two annotators; they speak of the same solutions in the same order."""
    same = (one.first_error == other.first_error) & one.named & other.named
    earlier, later = one.first_error < other.sound, other.first_error < one.sound
    both = (one.verdicts != UNLABELLED) & (other.verdicts != UNLABELLED)
    kinds = len(VERDICTS)
    cells = one.verdicts.astype(np.int64) * kinds + other.verdicts
    return Pair(
        one=one.annotator,
        other=other.annotator,
        kappa=_defined(cohen(one.verdicts, other.verdicts)),
        steps=int(both.sum()),
        verdicts=np.bincount(cells, minlength=kinds * kinds).reshape(kinds, kinds),
        same=int(same.sum()),
        one_earlier=int(earlier.sum()),
        other_earlier=int(later.sum()),
        unknown=int((~same & ~earlier & ~later).sum()),
    )


def pairs(said: Sequence[Said]) -> list[Pair]:
    """Compare every two of several annotators."""
    return [pair(one, other) for one, other in itertools.combinations(said, 2)]


def agreement(build: Build, shards: Sequence[str]) -> dict[str, Any] | None:
    """Return how far the annotators agree on steps and first errors; None for a single one.

    `alpha` is Krippendorff's over all of them, `kappa` Cohen's of every pair, each null where it is
    undefined. `first_error` counts solutions: where both of a pair name the same first error or
    none, where the one or the other has an earlier one, and those of which that is not known.
    """
    names = list(build.recipe.annotators)
    if len(names) == 1:
        return None
    said = [
        read_said(build.root, name, (f"annotations/{name}/{shard}.parquet" for shard in shards))
        for name in names
    ]
    found = {f"{each.one} ~ {each.other}": each for each in pairs(said)}
    return {
        "alpha": _defined(alpha(np.stack([each.verdicts for each in said], axis=1))),
        "kappa": {name: each.kappa for name, each in found.items()},
        "first_error": {
            name: {
                "same": each.same,
                f"{each.one} earlier": each.one_earlier,
                f"{each.other} earlier": each.other_earlier,
                "unknown": each.unknown,
            }
            for name, each in found.items()
        },
    }


def _defined(figure: float) -> float | None:
    return None if math.isnan(figure) else round(figure, 4)
