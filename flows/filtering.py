"""The filters of a recipe over a labelled build: fitted, frozen, applied shard by shard.

A filter sees the rows that those before it let through. What one must know of all shards is fitted
in a pass of its own and frozen below `filters/`; from then on it is read, so that a later run
decides as the first did. Rows are derived anew from the labels in every pass: nothing is kept in
memory or on disk between them, and nobody is asked anything.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from filters.chain import Changes, Drops
from filters.rows import COUNT_COLUMNS
from flows.labelling import by_split
from flows.recipe import Recipe
from flows.shards import Build
from stepmark.errors import FilterError, StorageError
from stepmark.records import Annotation, Problem, Solution
from storage.atomic import write_text_whole
from storage.labels import dropped_table, labelled_table, why_unusable
from storage.manifest import data_path
from storage.rows import Dropped, LabelledSolution
from storage.schema import schema_of
from storage.shards import table_of, write_table

FOLDER = "filters"
"""Where what was fitted is frozen, below the build directory."""
STAGE = "filter"
"""What rows are said to be dropped by."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """How many rows a filter has seen and dropped."""

    rows: int = 0
    dropped: int = 0


def filter_rows(build: Build, shards: Sequence[str]) -> None:
    """Write the data and the filters' dropped rows of every shard, if the recipe has filters.

    Raises:
        FilterError: a filter dropped more than its share; the dropped rows are there to be read.
        StorageError: something that was fitted before cannot be read.
    """
    recipe = build.recipe
    if not recipe.filters:
        return
    fitted: list[Any] = []
    for number in range(len(recipe.filters)):
        fitted.append(_fitted(build, shards, number, fitted))
    seen = [Seen() for _ in recipe.filters]
    for shard in shards:
        rows, dropped = _passed(build, shard, fitted, seen)
        if build.has(dropped_path(shard)):  # an earlier run's: its bytes stay
            continue
        data = table_of(LabelledSolution, {n: rows[n] for n in schema_of(LabelledSolution).names})
        for split, part in by_split(data, recipe).items():
            if part.num_rows:
                write_table(build.root, data_path(split, build.run, shard), part)
        write_table(build.root, dropped_path(shard), dropped)
    _check_shares(recipe, seen)


def dropped_path(shard: str) -> str:
    """Return where the rows of a shard are that filters dropped."""
    return f"dropped/{STAGE}-{shard}.parquet"


def _fitted(build: Build, shards: Sequence[str], number: int, before: Sequence[Any]) -> Any:
    """Return what a filter needs to know of all shards: as frozen, or fitted now and frozen."""
    block: Any = build.recipe.filters[number]
    if block.fitted is None:
        return None
    path = build.root / FOLDER / f"{number:02d}-{block.method}.json"
    if not path.exists():
        passed = (_passed(build, shard, before)[0] for shard in shards)
        fitted = block.fit(passed, build.worker.base)
        write_text_whole(path, json.dumps(dataclasses.asdict(fitted)) + "\n")
    return _thawed(path, block.fitted)


def _thawed(path: Path, record: Callable[..., Any]) -> Any:
    try:
        return record(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise StorageError(
            f"{path} is damaged ({error}). Delete it and run the build again: it is fitted anew."
        ) from None


def _passed(
    build: Build, shard: str, fitted: Sequence[Any], seen: Sequence[Seen] | None = None
) -> tuple[pa.Table, pa.Table]:
    """Return the rows of a shard that pass the first filters, and `Dropped` rows of the others.

    Args:
        build: where the shard is.
        shard: its number.
        fitted: what was fitted of each of these filters, None where nothing is.
        seen: is raised by what each filter sees and drops.
    """
    rows = _unfiltered(build, shard)
    dropped = [schema_of(Dropped).empty_table()]
    for number, known in enumerate(fitted):
        block: Any = build.recipe.filters[number]
        if isinstance(block, Changes):
            rows = block.change(rows, known)
            continue
        reasons = block.decide(rows, known)
        goes = pc.is_valid(reasons)
        dropped.append(dropped_table(rows.filter(goes), STAGE, reasons.filter(goes)))
        if seen is not None:
            seen[number].rows += rows.num_rows
            seen[number].dropped += dropped[-1].num_rows
        rows = rows.filter(pc.invert(goes))
    return rows, pa.concat_tables(dropped)


def _unfiltered(build: Build, shard: str) -> pa.Table:
    """Return the data rows of a shard as they were labelled, with their counts beside them."""
    chosen = build.table(f"labels/{shard}.parquet", Annotation)
    usable = pc.is_null(why_unusable(chosen))
    solutions = build.table(f"solutions/{shard}.parquet", Solution).filter(usable)
    labels = chosen.filter(usable)
    rows = labelled_table(build.table(f"problems/{shard}.parquet", Problem), solutions, labels)
    by_step = labels["labels"].combine_chunks()
    ends = pc.list_value_length(by_step).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(ends)])
    for name in COUNT_COLUMNS:
        column = by_step.flatten().field(name)
        rows = rows.append_column(name, pa.ListArray.from_arrays(offsets, column))
    return rows


def _check_shares(recipe: Recipe, seen: Sequence[Seen]) -> None:
    """Raise if a filter dropped more than it may."""
    for number, block, each in _too_many(recipe, seen):
        raise FilterError(
            f"filters[{number}] ({block.method}) dropped {each.dropped:,} of the {each.rows:,} "
            f"solutions it saw, {each.dropped / each.rows:.0%}, and max_dropped is "
            f"{block.max_dropped:g}. dropped/{STAGE}-*.parquet says why each went. Raise "
            "max_dropped if that is meant, or change the filter: labels are not bought again."
        )


def _too_many(recipe: Recipe, seen: Sequence[Seen]) -> Iterator[tuple[int, Drops, Seen]]:
    for number, (block, each) in enumerate(zip(recipe.filters, seen, strict=True)):
        if isinstance(block, Drops) and each.dropped > block.max_dropped * each.rows:
            yield number, block, each
