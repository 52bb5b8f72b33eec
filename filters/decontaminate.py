"""Decontamination: problems that stand in a benchmark are in no training data.

Paper: Qwen2.5's technical report (arXiv 2412.15115): a text goes if its longest common subsequence
with a test item is at least 13 words long and at least 0.6 of the shorter text. Candidates share a
run of words. Equal statements go whatever their length.
Defaults: 13 and 0.6, the paper's; runs of 8, ours: runs of 13 would pass over short items in which
one word was changed.
Fitted: the benchmarks' words as numbers, so that no item of theirs is in a build; `hashes` takes
such files, where the benchmark itself may not be at hand. Benchmarks are files or data sets, each
with the column of its statement: ProcessBench `problem`, PRMBench `original_question`, MATH-500
`problem`, GSM8K `question`. None of them ships with Stepmark.
Deviations: statements are compared, not solutions; words are without case, punctuation and
typesetting. Of a text with 8 to 12 words, which the paper's 13 would never find, all must be in the
other, in order; shorter ones are only found as they stand.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import LCSseq

from filters.protocol import Limited, Reasons, check_within
from filters.shingles import runs, word_hashes
from stepmark.errors import ProblemError, RecipeError
from stepmark.problems import DUPLICATE, ProblemSource, read_problems
from stepmark.records import Kind, Problem

Words = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Benchmarks:
    """What was fitted."""

    run: int
    """Words in a run."""
    items: Mapping[str, list[list[int]]]
    """The statements of each benchmark, as the hashes of their words."""

    @cached_property
    def whole(self) -> dict[Words, str]:
        """The benchmark of each statement."""
        return {tuple(item): name for name, its in self.items.items() for item in its}

    @cached_property
    def by_run(self) -> dict[int, list[Words]]:
        """The statements that hold each run."""
        found = defaultdict(list)
        for item in self.whole:
            if len(item) >= self.run:
                for each in set(runs(list(item), self.run).tolist()):
                    found[each].append(item)
        return dict(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decontaminate(Limited):
    """Drop problems that are, or nearly are, in a benchmark."""

    fitted: ClassVar[type[Any] | None] = Benchmarks

    method: Literal["decontaminate"]
    benchmarks: Mapping[str, ProblemSource] = field(default_factory=dict)
    """The benchmarks, by the names that reasons carry (`in_NAME`)."""
    hashes: tuple[str, ...] = ()
    """Files that this filter wrote in another build (`filters/NN-decontaminate.json`)."""
    least: int = 13
    """Words, 1 or more, that a problem and an item must have in common, in order."""
    overlap: float = 0.6
    """Share, in [0, 1], of the shorter of them that these must be; 0 leaves it to `least`."""
    run: int = 8
    """Words that must stand together in both for them to be compared."""

    def __post_init__(self) -> None:
        """Refuse a check against nothing."""
        Limited.__post_init__(self)
        check_within("overlap", self.overlap, 0, 1)
        if not self.benchmarks and not self.hashes:
            raise ValueError("decontaminate needs benchmarks, or hashes of some")
        if not 1 <= self.run <= self.least:
            raise ValueError(f"run must be 1 to least ({self.least}), not {self.run}")

    def read(self, base: Path) -> dict[str, list[list[int]]]:
        """Return the items of every benchmark, as hashes of their words; equal names are joined.

        Raises:
            ProblemError: a benchmark, or one of its statements, cannot be read.
            RecipeError: a file of hashes is none.
        """
        items = {name: _items(name, source, base) for name, source in self.benchmarks.items()}
        for file in self.hashes:
            for name, frozen in _frozen(base / file).items():
                items[name] = items.get(name, []) + frozen
        return items

    def fit(self, shards: Iterable[pa.Table], base: Path) -> Benchmarks:  # noqa: ARG002 (no rows)
        """Read the benchmarks."""
        return Benchmarks(run=self.run, items=self.read(base))

    def decide(self, rows: pa.Table, fitted: Benchmarks) -> Reasons:
        """Return why each row goes; pure."""
        statements = pc.unique(rows["problem"])
        found = [self.found_in(text, fitted) for text in statements.to_pylist()]
        reasons = pa.array([None if name is None else f"in_{name}" for name in found], pa.string())
        per_row: Reasons = reasons.take(pc.index_in(rows["problem"], statements).combine_chunks())
        return per_row

    def found_in(self, statement: str, fitted: Benchmarks) -> str | None:
        """Return the first benchmark found that holds a statement, or None."""
        item = word_hashes(statement)
        if item and tuple(item) in fitted.whole:
            return fitted.whole[tuple(item)]
        shared = {
            other: None
            for each in runs(item, self.run).tolist()
            for other in fitted.by_run.get(each, ())
        }
        return next((fitted.whole[other] for other in shared if self._alike(item, other)), None)

    def _alike(self, item: list[int], other: Words) -> bool:
        shorter = min(len(item), len(other))
        common = LCSseq.similarity(item, other)
        return common >= max(min(self.least, shorter), self.overlap * shorter)


def _items(name: str, source: ProblemSource, base: Path) -> list[list[int]]:
    """Read a benchmark's statements. One that cannot be read would not be found again."""
    items = []
    for each in read_problems(_statements_of(source), base):
        if isinstance(each, Problem):
            items.append(word_hashes(each.statement))
        elif each.reason != DUPLICATE:
            raise ProblemError(
                f"The benchmark {name} cannot be screened for: {each.source}, line {each.line}: "
                f"{each.detail}. Mend or leave out that line."
            )
    return items


def _statements_of(source: ProblemSource) -> ProblemSource:
    """Return the source without answers and tests: statements are screened whatever these are."""
    kind: Kind = "math" if source.kind == "code" else source.kind
    return replace(source, kind=kind, reference=None, answer="plain", tests=None, entry_point=None)


def _frozen(path: Path) -> dict[str, list[list[int]]]:
    fault: object = "no item is in it"
    try:
        items: dict[str, list[list[int]]] = json.loads(path.read_text(encoding="utf-8"))["items"]
        if any(items.values()):
            return items
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        fault = error
    raise RecipeError(
        f"{path} holds no hashes of benchmarks ({fault!r}): name a file "
        "filters/NN-decontaminate.json of another build."
    )
