"""Work on the shards of a build: each stage of a shard is made unless it is already there.

A shard is written whole, and its last file last, so what exists is finished; the ledger makes a
repeated stage cost nothing. Knows no Prefect: `flows/build.py` calls this from its tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from flows import labelling, solving, stages
from flows.intake import Intaken
from flows.kinds import kind_of
from flows.recipe import Recipe
from flows.worker import Worker
from stepmark.engines.in_turn import RANK
from stepmark.records import Problem, Reject, Solution
from storage.manifest import FIRST_RUN, data_path, next_run, read_manifest, run_of
from storage.rows import Dropped
from storage.shards import read_shard, read_table, write_shard, write_table

Record = TypeVar("Record")


class Build:
    """A build directory with the worker that fills it."""

    def __init__(self, root: Path, recipe: Recipe, worker: Worker) -> None:
        self.root = root
        self.recipe = recipe
        self.worker = worker

    @cached_property
    def run(self) -> str:
        """Number of this run, which new data shards are named by.

        A build whose manifest is missing is in the last run that it has shards of.
        """
        manifest = read_manifest(self.root)
        if manifest is not None:
            return next_run(manifest)
        return max((run_of(path.name) for path in self.data), default=FIRST_RUN)

    @property
    def data(self) -> list[Path]:
        """The data shards that are there."""
        return list((self.root / "data").glob("*.parquet"))

    def begun(self) -> list[str]:
        """Return the numbers of the shards that were taken in, in order."""
        stage = "problems" if self.recipe.solutions is None else "solutions"
        return sorted(path.stem for path in (self.root / stage).glob("*.parquet"))

    def known(self) -> set[str]:
        """Return the ids of what was taken in: problems, or solutions that were given."""
        shards = self.begun()
        if self.recipe.solutions is None:
            return self._ids(((f"problems/{s}.parquet", Problem) for s in shards), "id")
        kept = self._ids(((f"solutions/{s}.parquet", Solution) for s in shards), "id")
        lost = ((f"dropped/solve-{s}.parquet", Dropped) for s in shards)
        return kept | self._ids(lost, "solution_id")

    def take(self, shard: str, intaken: Intaken) -> None:
        """Write a shard of problems, with the solutions that came with them."""
        self.write(f"problems/{shard}.parquet", Problem, intaken.problems)
        if intaken.given:
            given = solving.take_given(intaken.given, self.recipe, self.worker)
            self._keep_solutions(shard, self.worker.loop.run(given))

    def reject(self, number: int, rejects: Sequence[Reject]) -> None:
        """Write a shard of refused rows."""
        self.write(f"rejects/{number:05d}.parquet", Reject, rejects)

    def draw(self, shard: str) -> None:
        """Write a shard's solutions and what every annotator drew."""
        names = self.recipe.annotators
        missing = [name for name in names if not self.has(self._evidence(name, shard))]
        solutions = None
        if self.has(f"solutions/{shard}.parquet"):
            if not missing:
                return
            solutions = self.read(f"solutions/{shard}.parquet", Solution)
        problems = self.read(f"problems/{shard}.parquet", Problem)
        drawn = self.worker.loop.run(self._drawn(shard, problems, solutions, missing))
        if solutions is None:
            self._keep_solutions(shard, drawn.solved)
        for name, evidence in drawn.evidence.items():
            record: type[Any] = kind_of(self.recipe.annotators[name]).record
            self.write(self._evidence(name, shard), record, evidence)

    def label(self, shard: str) -> None:
        """Write annotations, data and dropped rows of a shard, and its labels last."""
        if self.has(f"labels/{shard}.parquet"):
            return
        labelled = labelling.label(
            self.table(f"problems/{shard}.parquet", Problem),
            self.table(f"solutions/{shard}.parquet", Solution),
            {
                name: self.table(self._evidence(name, shard), kind.record, kind.columns)
                for name, annotator in self.recipe.annotators.items()
                for kind in [kind_of(annotator)]
            },
            self.recipe,
        )
        for name, table in labelled.annotations.items():
            write_table(self.root, f"annotations/{name}/{shard}.parquet", table)
        for split, rows in labelled.rows.items():
            if rows.num_rows and not self.recipe.filters:  # else they follow once all are labelled
                write_table(self.root, data_path(split, self.run, shard), rows)
        for name, table in labelled.rationales.items():
            write_table(self.root, f"rationales/{name}/{shard}.parquet", table)
        write_table(self.root, f"dropped/label-{shard}.parquet", labelled.dropped)
        write_table(self.root, f"labels/{shard}.parquet", labelled.chosen)

    def _evidence(self, name: str, shard: str) -> str:
        """Return where what an annotator drew is."""
        return f"{kind_of(self.recipe.annotators[name]).folder}/{name}/{shard}.parquet"

    def write(self, path: str, record: type[Record], rows: Sequence[Record]) -> None:
        """Write a shard below the build directory."""
        write_shard(self.root, path, record, rows)

    def read(self, path: str, record: type[Record]) -> tuple[Record, ...]:
        """Read a shard below the build directory."""
        return read_shard(self.root / path, record)

    def table(self, path: str, record: type, columns: Sequence[str] | None = None) -> pa.Table:
        """Read columns of a shard below the build directory."""
        return read_table(self.root / path, record, columns)

    def has(self, path: str) -> bool:
        """Tell whether a shard is already there."""
        return (self.root / path).exists()

    async def _drawn(
        self,
        shard: str,
        problems: Sequence[Problem],
        solutions: Sequence[Solution] | None,
        names: Sequence[str],
    ) -> stages.Drawn:
        # Half of the shards in work are level: their solutions are all begun before many rollouts
        # are drawn, so that they end together. The other half is younger and fills their last gaps.
        RANK.set(int(shard) // max(1, self.worker.shards_at_once // 2))
        return await stages.draw(problems, solutions, names, self.recipe, self.worker)

    def _ids(self, shards: Iterable[tuple[str, type]], column: str) -> set[str]:
        return {
            one
            for path, record in shards
            for one in self.table(path, record, [column])[column].to_pylist()
            if one is not None
        }

    def _keep_solutions(self, shard: str, solved: solving.Solved) -> None:
        self.write(f"dropped/solve-{shard}.parquet", Dropped, solved.dropped)
        self.write(f"solutions/{shard}.parquet", Solution, solved.solutions)
