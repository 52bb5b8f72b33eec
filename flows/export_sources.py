"""What exports are made from: a finished build, a split of a shard at a time, read as needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from annotators.judged import Judged
from annotators.monte_carlo import MonteCarlo
from flows.recipe import Recipe
from stepmark.errors import StorageError
from stepmark.prefixes import ROLLOUT_COLUMNS, SOLUTION_COLUMNS, Prefixes, prefixes_of
from stepmark.problems import split_of
from stepmark.records import Comparison, Critique, Problem, Rollout, Solution
from storage.export.chat import Turn
from storage.export.critiques import Exchange
from storage.manifest import FIRST_RUN, Manifest, data_path, run_of, shard_of
from storage.rows import LabelledSolution
from storage.shards import read_shard, read_table

Kind = TypeVar("Kind")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A split of a shard; each kind of record is read when it is first asked for."""

    root: Path
    """The build."""
    recipe: Recipe
    """Its recipe."""
    run: str
    """Number of the run that wrote the shard."""
    shard: str
    """Number of the shard."""
    split: str
    """Name of the split."""
    listed: Collection[str]
    """Paths of the data shards that the build's manifest lists."""

    @property
    def stem(self) -> str:
        """Name of the split's data shard, without its ending."""
        return Path(self._data).stem

    @cached_property
    def labelled(self) -> tuple[LabelledSolution, ...]:
        """The data rows; perhaps none, and then no shard is listed."""
        if self._data not in self.listed:
            return ()
        path = self.root / self._data
        if not path.exists():
            raise StorageError(
                f"{path} is gone, and the manifest lists it. Build anew with --replace; the ledger "
                "is kept."
            )
        return read_shard(path, LabelledSolution)

    @cached_property
    def problems(self) -> dict[str, Problem]:
        """The problems of the split, by id."""
        problems = read_shard(self.root / "problems" / f"{self.shard}.parquet", Problem)
        return {p.id: p for p in problems if split_of(p.id, self.recipe.splits) == self.split}

    @cached_property
    def statements(self) -> dict[str, str]:
        """The statements of the problems, by id."""
        return {problem.id: problem.statement for problem in self.problems.values()}

    def prefixes(self) -> tuple[Prefixes, Counter[str]]:
        """Return the measured prefixes, and how many rollouts there are that do not count there.

        Values are of one policy that is drawn from in one way: that of the labels, or of the first
        annotator that draws where the labels rest on no rollouts.
        """
        drawing = _needed(self.recipe.monte_carlo, self.root, "draws rollouts")
        solutions = self._table("solutions", Solution, SOLUTION_COLUMNS)
        ours, others = [], Counter[str]()
        for name, annotator in drawing.items():
            rollouts = self._table(f"rollouts/{name}", Rollout, (*ROLLOUT_COLUMNS, "problem_id"))
            if self._draws_as_labelled(annotator):
                ours.append(rollouts)
            else:
                others[f"rollouts of {name}, of another policy or sampling"] += rollouts.num_rows
        return prefixes_of(solutions, pa.concat_tables(ours), self._kept), +others

    def exchanges(self) -> Iterator[tuple[str, Exchange]]:
        """Yield what each judge was asked about the split's data rows and replied, by its name.

        Rows that a filter made anew (`altered`) have other steps than the judge saw.
        """
        for name, judged in _needed(self.recipe.judges, self.root, "asks a judge").items():
            critiques = read_shard(self.root / f"critiques/{name}/{self.shard}.parquet", Critique)
            replies: dict[tuple[str, int], list[Critique]] = {}
            for critique in critiques:
                replies.setdefault((critique.solution_id, critique.first), []).append(critique)
            for row in self.labelled:
                if row.id in self._solutions:
                    yield from ((name, e) for e in self._asked(judged, row, replies))

    def altered(self) -> int:
        """Return how many data rows are of steps that a filter joined or cut."""
        return sum(row.id not in self._solutions for row in self.labelled)

    def compared(self) -> Iterator[tuple[Solution, dict[int, list[Comparison]]]]:
        """Yield the split's solutions whose steps were chosen, with the comparisons by position."""
        name = next(iter(_needed(self.recipe.preferences, self.root, "keeps comparisons")))
        kept = read_shard(self.root / f"comparisons/{name}/{self.shard}.parquet", Comparison)
        by_solution: dict[str, dict[int, list[Comparison]]] = {}
        for one in kept:
            if one.problem_id in self.problems:
                positions = by_solution.setdefault(one.solution_id, {})
                positions.setdefault(one.position, []).append(one)
        for solution, positions in by_solution.items():
            yield self._solutions[solution], positions

    def keeps(self, solution: Solution) -> bool:
        """Tell whether a solution is in the data, or cannot be, as the recipe labels no step."""
        return self._kept is None or solution.id in self._kept

    def _draws_as_labelled(self, annotator: MonteCarlo) -> bool:
        """Tell whether an annotator's draws are of the policy and sampling that exports are of."""
        drawing = self.recipe.monte_carlo
        names = [name for name in self.recipe.labels.annotators if name in drawing]
        first = drawing[next(iter((*names, *drawing)))]
        return (annotator.policy, self.recipe.sampling_of(annotator)) == (
            first.policy,
            self.recipe.sampling_of(first),
        )

    @cached_property
    def _kept(self) -> frozenset[str] | None:
        """Ids of the solutions in the data; null where the recipe labels no step."""
        if self.recipe.labels.annotators[0] in self.recipe.preferences:
            return None
        return frozenset(row.id for row in self.labelled)

    @property
    def _data(self) -> str:
        return data_path(self.split, self.run, self.shard)

    @cached_property
    def _solutions(self) -> dict[str, Solution]:
        solutions = read_shard(self.root / "solutions" / f"{self.shard}.parquet", Solution)
        return {solution.id: solution for solution in solutions}

    def _asked(
        self,
        judged: Judged,
        row: LabelledSolution,
        replies: dict[tuple[str, int], list[Critique]],
    ) -> Iterator[Exchange]:
        problem, solution = self.problems[row.problem_id], self._solutions[row.id]
        for question in judged.judge.questions(problem, solution):
            said = replies.get((row.id, question.first), [])
            if said:
                yield Exchange(
                    asked=tuple(Turn(role=m.role, content=m.content) for m in question.messages),
                    labelled=row,
                    replies=tuple(sorted(said, key=lambda critique: critique.draw)),
                )

    def _table(self, folder: str, record: type, columns: tuple[str, ...]) -> pa.Table:
        table = read_table(self.root / folder / f"{self.shard}.parquet", record, columns)
        ours = pa.array(list(self.problems), pa.string())
        return table.filter(pc.is_in(table["problem_id"], value_set=ours))


@dataclass(frozen=True, kw_only=True)
class Source:
    """A finished build."""

    root: Path
    """Its folder."""
    recipe: Recipe
    """Its recipe."""
    manifest: Manifest
    """What it holds; shards of a run that goes on are not in it."""

    def parts(self) -> Iterator[Part]:
        """Yield its splits, shard by shard."""
        listed = frozenset(ref.path for ref in self.manifest.data)
        runs = {shard_of(path): run_of(path) for path in listed}
        for ref in self.manifest.shards["problems"]:
            shard = shard_of(ref.path)
            run = runs.get(shard, FIRST_RUN)
            for split in self.recipe.splits:
                yield Part(
                    root=self.root,
                    recipe=self.recipe,
                    run=run,
                    shard=shard,
                    split=split,
                    listed=listed,
                )


def _needed(annotators: Mapping[str, Kind], root: Path, what: str) -> Mapping[str, Kind]:
    if not annotators:
        raise StorageError(
            f"{root} has nothing to make this format from: no annotator of its recipe {what}."
        )
    return annotators
