"""The queue: the solutions of a build in the order in which people should look at them.

The most doubted come first; every tenth place goes to a solution out of the surer half, by the hash
of its id, against annotators that are sure and wrong (OPV, arXiv 2512.10756 §2, sends a small share
of consistent ones along). The order depends on the build alone: two people see the same solutions
first, and their agreement can be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from flows.recipe_file import load_recipe
from flows.review.doubt import Doubted, doubts
from flows.review.voices import fitted_hypers
from stepmark.errors import StorageError
from stepmark.ids import fraction_of
from stepmark.records import Problem, Solution
from storage.shards import read_table, records_of

Texts = TypeVar("Texts", Problem, Solution)

EVERY: Final = 10
"""Of so many places one goes to a solution that the annotators are surer of."""


class Item(NamedTuple):
    """A solution that waits for a person, with its problem."""

    doubted: Doubted
    problem: Problem
    solution: Solution


def queue(root: Path, limit: int | None = None) -> tuple[Item, ...]:
    """Return the first solutions of a build's queue, with their texts.

    Args:
        root: the build's folder.
        limit: how many; None for all.

    Raises:
        StorageError: nothing is labelled yet, or a shard is missing or damaged.
        RecipeError: the build's recipe is missing or of another version.
    """
    if not (root / "recipe.yaml").exists():
        raise StorageError(f"{root} holds no build: there is no recipe.yaml in it.")
    shards = sorted(path.stem for path in (root / "labels").glob("*.parquet"))
    if not shards:
        raise StorageError(f"{root} has no labelled shard yet: continue the build.")
    recipe, _ = load_recipe(str(root / "recipe.yaml"))
    doubted = list(doubts(root, recipe, shards, fitted_hypers(root, recipe, shards)))
    first = list(in_turn(doubted))[:limit]
    return tuple(_with_texts(root, shards, first))


def in_turn(doubted: Sequence[Doubted]) -> Iterator[Doubted]:
    """Yield all of them once, in the queue's order."""
    by_doubt = sorted(doubted, key=lambda each: (-each.doubt, each.solution_id))
    sure = by_doubt[(len(by_doubt) + 1) // 2 :]
    checks = iter(sorted(sure, key=lambda each: fraction_of(each.solution_id)))
    seen: set[str] = set()

    def unseen(candidates: Iterator[Doubted]) -> Doubted | None:
        return next((each for each in candidates if each.solution_id not in seen), None)

    rest = iter(by_doubt)
    while len(seen) < len(by_doubt):
        turn = (len(seen) + 1) % EVERY == 0
        one = (turn and unseen(checks)) or unseen(rest)
        assert one is not None
        seen.add(one.solution_id)
        yield one


def _with_texts(root: Path, shards: Sequence[str], wanted: Sequence[Doubted]) -> Iterator[Item]:
    ids = {each.solution_id for each in wanted}
    solutions: dict[str, Solution] = {}
    problems: dict[str, Problem] = {}
    for shard in shards:
        found = _rows(root / f"solutions/{shard}.parquet", Solution, ids)
        of_them = {solution.problem_id for solution in found}
        solutions |= {each.id: each for each in found}
        problems |= {
            each.id: each for each in _rows(root / f"problems/{shard}.parquet", Problem, of_them)
        }
    for each in wanted:
        solution = solutions[each.solution_id]
        yield Item(each, problems[solution.problem_id], solution)


def _rows(path: Path, record: type[Texts], ids: set[str]) -> tuple[Texts, ...]:
    """Return the records of some ids; the texts of a shard that has none of them stay unread."""
    wanted = pc.is_in(read_table(path, record, ("id",))["id"], pa.array(ids, pa.string()))
    if not pc.any(wanted).as_py():
        return ()
    return records_of(record, read_table(path, record).filter(wanted))
