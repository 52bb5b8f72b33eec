"""`stepmark compare`: two builds' labels on the solutions that both have, joined by solution id.

Builds share solutions where they read the same draws of one ledger, or the same file. A solution's
id is made of its text, so what the two say is of the same words; where the recipes cut a text into
other steps there is nothing to compare, and it is counted.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow.compute as pc

from flows.agreeing import Pair, pair, pairs
from flows.disagreements import words
from flows.report import read_labels
from stepmark import ragged
from stepmark.counts import BoolArray, FloatArray, IntArray
from stepmark.errors import StorageError
from stepmark.ids import fraction_of
from stepmark.labels import UNLABELLED
from stepmark.records import Solution
from storage.manifest import Manifest, read_manifest
from storage.report.choice import disagree
from storage.report.distance import Distance, differences, distance
from storage.report.said import Said
from storage.shards import read_table

MOST: Final = 60
"""Solutions that are shown of those that differ, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two builds."""

    name: str
    """The build's name, numbered where both have the same."""
    root: Path
    """Its folder."""
    manifest: Manifest
    """What it holds."""
    solutions: int
    """How many solutions it has."""
    said: Sequence[Said]
    """What its annotators say of the shared solutions; their names begin with the build's."""
    chosen: Said
    """What its data's labels are, likewise."""
    labelled: Mapping[str, int]
    """Steps that each annotator labels in the whole build, by its own name."""


class Differing(NamedTuple):
    """What the data's labels of two builds say of a solution on which they differ."""

    one: str
    """The first error that the one names, in words."""
    other: str
    """That of the other."""
    first_error: bool
    """Whether these differ, and not only what they say of other steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two builds on the solutions that both have."""

    sides: tuple[Side, Side]
    """The builds, as they were named."""
    shared: int
    """Solutions that are compared."""
    other_steps: int
    """Solutions that both have and cut into other steps."""
    within: Sequence[Pair]
    """Every two annotators, also of one build."""
    across: Sequence[tuple[Pair, Distance]]
    """Every annotator of the one with every one of the other; the data's labels first."""
    differ: int
    """Solutions on which the data's labels differ: in the first error, in a value, or in the
    verdict of a step that both label."""
    differing: Mapping[str, Differing]
    """Those on which they differ most, most first, `MOST` at most; by id."""


def compare(one: Path, other: Path) -> Compared:
    """Compare two finished builds.

    Raises:
        StorageError: one is not finished, or they share no solution.
    """
    roots, manifests = (one, other), (_finished(one), _finished(other))
    names = [manifest.name for manifest in manifests]
    if names[0] == names[1]:
        names = [f"{name} ({number})" for number, name in enumerate(names, 1)]
    labels = [read_labels(*each) for each in zip(roots, manifests, strict=True)]
    rows, other_steps = _shared(roots, manifests, [chosen for _, chosen in labels])
    sides = [_side(*each) for each in zip(names, roots, manifests, labels, rows, strict=True)]
    first, second = sides
    crossed = sorted(
        itertools.product(first.said, second.said),
        key=lambda each: each != (first.chosen, second.chosen),
    )
    differ, differing = _differing(first.chosen, second.chosen)
    return Compared(
        sides=(first, second),
        shared=len(rows[0]),
        other_steps=other_steps,
        within=pairs([*first.said, *second.said]),
        across=[(pair(a, b), distance(a, b)) for a, b in crossed],
        differ=differ,
        differing=differing,
    )


def _finished(root: Path) -> Manifest:
    manifest = read_manifest(root)
    if manifest is None:
        raise StorageError(f"{root} holds no finished build: run the build command again first.")
    return manifest


def _shared(
    roots: Sequence[Path], manifests: Sequence[Manifest], chosen: Sequence[Said]
) -> tuple[tuple[IntArray, IntArray], int]:
    """Return the rows of the solutions that both have, and how many are cut into other steps."""
    one, other = chosen
    there = pc.index_in(one.solutions, value_set=other.solutions)
    first = np.flatnonzero(there.is_valid().to_numpy(zero_copy_only=False))
    second: IntArray = there.drop_null().to_numpy().astype(np.int64)
    if not len(first):
        raise StorageError(
            f"{roots[0]} ({len(one.solutions):,} solutions) and {roots[1]} "
            f"({len(other.solutions):,}) share no solution. Build both below one --out, so that "
            "they read the same draws, or from the same file of solutions, and both with the "
            "reference or both without: a problem's id holds it."
        )
    same = _same_steps(
        _step_lengths(roots[0], manifests[0]), one, first,
        _step_lengths(roots[1], manifests[1]), other, second,
    )  # fmt: skip
    if not same.any():
        raise StorageError(
            f"{roots[0]} and {roots[1]} share {len(first):,} solutions and cut every one into "
            "other steps: compare builds with the same `segment`."
        )
    return (first[same], second[same]), int((~same).sum())


def _step_lengths(root: Path, manifest: Manifest) -> IntArray:
    """Return the length of every step of a build: with the same text they tell the same cuts."""
    found = [
        pc.binary_length(pc.list_flatten(read_table(root / ref.path, Solution, ["steps"])["steps"]))
        for ref in manifest.shards.get("solutions", ())
    ]
    return np.concatenate([each.to_numpy() for each in found]).astype(np.int64)


def _same_steps(
    one_lengths: IntArray, one: Said, first: IntArray,
    other_lengths: IntArray, other: Said, second: IntArray,
) -> BoolArray:  # fmt: skip
    """Tell which of the shared solutions are cut into the same steps."""
    return np.array(
        [
            np.array_equal(
                one_lengths[one.offsets[a] : one.offsets[a + 1]],
                other_lengths[other.offsets[b] : other.offsets[b + 1]],
            )
            for a, b in zip(first.tolist(), second.tolist(), strict=True)
        ],
        dtype=np.bool_,
    )


def _side(
    name: str, root: Path, manifest: Manifest, labels: tuple[list[Said], Said], rows: IntArray
) -> Side:
    said, chosen = labels
    everybody = said if any(each is chosen for each in said) else [*said, chosen]
    named = {
        each.annotator: replace(each.take(rows), annotator=qualified(name, each.annotator))
        for each in everybody
    }
    return Side(
        name=name,
        root=root,
        manifest=manifest,
        solutions=len(chosen.solutions),
        said=list(named.values()),
        chosen=named[chosen.annotator],
        labelled={each.annotator: int((each.verdicts != UNLABELLED).sum()) for each in said},
    )


def qualified(build: str, annotator: str) -> str:
    """Return what an annotator goes by where two builds stand side by side."""
    return f"{build}/{annotator}"


def _differing(one: Said, other: Said) -> tuple[int, dict[str, Differing]]:
    """Return how many differ, and those that do most.

    Other first errors come first, then values that are further apart, then other verdicts.
    """
    gaps: FloatArray = differences(one, other)
    errors, verdicts = disagree([one, other]), _other_verdicts(one, other)
    ids = one.solutions.to_pylist()
    drawn = np.array([fraction_of(each) for each in ids])
    order = np.lexsort((drawn, -gaps, ~errors))
    rows = order[(errors | (gaps > 0) | verdicts)[order]]
    most = rows[:MOST]
    said = (words(each.take(most)) for each in (one, other))
    told = map(Differing, *said, errors[most].tolist())
    return len(rows), dict(zip((ids[row] for row in most), told, strict=True))


def _other_verdicts(one: Said, other: Said) -> BoolArray:
    """Tell which solutions have a step that both label, and differently."""
    both = (one.verdicts != UNLABELLED) & (other.verdicts != UNLABELLED)
    unlike = both & (one.verdicts != other.verdicts)
    return ragged.last(unlike, one.offsets) >= 0
