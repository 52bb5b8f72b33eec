"""What a source holds now, and which of it a build has not taken in yet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from flows.recipe import Recipe
from flows.solving import given_id
from stepmark.problems import GivenSolution, read_problems, read_solutions
from stepmark.records import Problem, Reject

Item = Problem | GivenSolution


class Rows:
    """The rows of a recipe's source as a stream, with a digest of those that were read."""

    def __init__(self, recipe: Recipe, base: Path) -> None:
        self._recipe = recipe
        self._base = base
        self._hash = hashlib.blake2b(digest_size=16)

    def __iter__(self) -> Iterator[Item | Reject]:
        """Yield problems, or solutions that exist, and a Reject for each bad row."""
        for row in read_rows(self._recipe, self._base):
            said = f"{row.line} {row.reason}" if isinstance(row, Reject) else id_of(row)
            self._hash.update(f"{said}\n".encode())
            yield row

    @property
    def digest(self) -> str:
        """Hash of what was read: other rows, or another order, and it is another."""
        return self._hash.hexdigest()


def source_digest(recipe: Recipe, base: Path) -> str:
    """Read a recipe's source and return the digest of what it holds now.

    Raises:
        ProblemError: it cannot be read.
    """
    rows = Rows(recipe, base)
    for _ in rows:
        pass
    return rows.digest


def read_rows(recipe: Recipe, base: Path) -> Iterator[Item | Reject]:
    """Read the recipe's source as a stream: problems, or solutions that exist."""
    if recipe.solutions is not None:
        return read_solutions(recipe.solutions, base, recipe.limit)
    return read_problems(recipe.source, base, recipe.limit)


def problem_of(item: Item) -> Problem:
    """Return the problem itself, whether or not a solution came with it."""
    return item.problem if isinstance(item, GivenSolution) else item


def id_of(item: Item) -> str:
    """Return by what a row is known again: a problem's id, or a given solution's."""
    return given_id(item) if isinstance(item, GivenSolution) else item.id
