"""Intake: the stream of usable problems, with a reject row for each one that is not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.arrivals import Item, Rows, id_of, problem_of
from flows.recipe import Recipe
from flows.runtime import resolve
from flows.worker import Worker
from stepmark import problems
from stepmark.errors import ProblemError
from stepmark.gather import gather_all
from stepmark.problems import GivenSolution
from stepmark.records import Problem, Reject

BLOCK_ROWS = 256
"""Rows read ahead, whose references are graded together."""
REJECTS_A_SHARD = 10_000
"""Rejects held before they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intaken:
    """A shard's worth of problems, with their solutions where those were given."""

    problems: tuple[Problem, ...]
    """Each problem once, in order of appearance."""
    given: tuple[GivenSolution, ...]
    """Solutions read from the source; empty when they are to be sampled."""

    @classmethod
    def of(cls, items: Sequence[Item]) -> Intaken:
        """Gather what was read."""
        given = tuple(item for item in items if isinstance(item, GivenSolution))
        by_id = {problem.id: problem for problem in map(problem_of, items)}
        return cls(problems=tuple(by_id.values()), given=given)


class Intake:
    """Reads the source once, a block of rows at a time, whatever its length, for what is new in it.

    What the build took in before is passed over. `keep` is handed the rejects, in stretches of
    bounded length that are numbered from 0; the last is handed over by `close`, even if there was
    none.
    """

    def __init__(
        self,
        recipe: Recipe,
        worker: Worker,
        keep: Callable[[int, Sequence[Reject]], None],
        known: Container[str] = frozenset(),
    ) -> None:
        self._recipe = recipe
        self._worker = worker
        self._keep = keep
        self._known = known
        self._source = Rows(recipe, worker.base)
        self._rejects: list[Reject] = []
        self._kept = 0

    def __iter__(self) -> Iterator[Item]:
        """Yield what can be used and is not known.

        Raises:
            ProblemError: the source cannot be read, holds nothing, or too much of it is bad.
        """
        counted = problems.Intake(max_bad_share=self._recipe.source.max_bad_share)
        rows: Iterator[Item | Reject] = counted.watch(self._graded(iter(self._source)))
        for row in rows:
            if isinstance(row, Reject):
                self._refuse(row)
            elif id_of(row) not in self._known:
                yield row
        if not counted.accepted:
            raise ProblemError(
                f"{self._recipe.source.path} holds no usable row ({counted.rows} were read)."
            )

    @property
    def digest(self) -> str:
        """Hash of what the source held, as far as it was read."""
        return self._source.digest

    def close(self) -> None:
        """Hand the rejects over that are left."""
        self._keep(self._kept, self._rejects)
        self._kept += 1
        self._rejects = []

    def _refuse(self, row: Reject) -> None:
        self._rejects.append(row)
        self._worker.progress.rejected += 1
        if len(self._rejects) == REJECTS_A_SHARD:
            self.close()

    def _graded(self, rows: Iterator[Item | Reject]) -> Iterator[Item | Reject]:
        """Refuse the problems whose reference their own grader does not accept.

        Judges alone need none.
        """
        while block := list(itertools.islice(rows, BLOCK_ROWS)):
            yield from self._worker.loop.run(gather_all(self._accepted, block))

    async def _accepted(self, row: Item | Reject) -> Item | Reject:
        if isinstance(row, Reject) or id_of(row) in self._known:
            return row
        problem = problem_of(row)
        if problem.reference is problem.tests is None and not self._recipe.needing_reference:
            return row
        reason = await self._worker.grader.rejects_reference(problem)
        if reason is None:
            return row
        return Reject(
            source=problem.source,
            line=problem.line,
            reason=reason,
            detail=f"the grader does not accept the reference {(problem.reference or '')[:200]!r}",
        )


def expected_problems(recipe: Recipe, base: Path) -> int | None:
    """Guess how many problems there will be, or None where that would mean reading everything."""
    path = resolve(recipe.source.path, base)
    if path.suffix != ".jsonl" or not path.is_file():
        return recipe.limit
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return min(lines, recipe.limit or lines)
