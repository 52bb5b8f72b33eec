"""What people said, taken into a build: a copy of their file, whose change relabels.

The file itself lies outside of builds (stepmark/reviews.py). A build keeps a copy of it as it was
read, so that worker processes and later runs see the same, and another content is another build of
the labels; what is in the file and fits no solution is refused with a reason, and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from flows.kinds import REVIEWS
from flows.place import forget_derived, remove
from flows.recipe import Recipe
from flows.runtime import Runtime, resolve
from stepmark.errors import ReviewError
from stepmark.records import Reject, Review, Solution
from stepmark.reviews import FILE, Entry, misfit, parse_reviews
from storage.atomic import write_whole
from storage.shards import write_shard

if TYPE_CHECKING:
    from flows.shards import Build


class Found(NamedTuple):
    """A file of reviews as it was read."""

    path: Path
    content: bytes
    """Its bytes; empty where there is no file yet."""
    entries: tuple[Entry, ...]
    """The reviews in it that stand."""

    @property
    def told(self) -> str:
        """What is in it, in words."""
        people = {entry.review.reviewer for entry in self.entries}
        return f"{len(self.entries)} by {len(people)} people in {self.path}"


def find_reviews(name: str, recipe: Recipe, runtime: Runtime) -> Found:
    """Read the file of reviews that an annotator of a recipe names.

    Raises:
        ReviewError: the file that the recipe names is not there, or a line in it is no review.
    """
    named = recipe.reviewed[name].reviews
    path = runtime.out / FILE if named is None else resolve(named, runtime.base)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        if named is not None:
            raise ReviewError(
                f"annotators.{name}.reviews is {path}, and there is no such file: make an empty "
                f"one, or leave `reviews` out to read the {FILE} that `stepmark review` writes "
                "beside the ledger."
            ) from None
        return Found(path, b"", ())
    except OSError as error:
        raise ReviewError(f"The reviews {path} cannot be read: {error.strerror}.") from None
    return Found(path, content, parse_reviews(content, str(path)))


def take_reviews(root: Path, recipe: Recipe, runtime: Runtime) -> None:
    """Copy what people said into a build, and forget the labels where it has changed.

    Raises:
        ReviewError: as `find_reviews`.
        StorageError: the build's folder cannot be written.
    """
    for name in recipe.reviewed:
        found, copy = find_reviews(name, recipe, runtime), _copy(root, name)
        if copy.exists() and copy.read_bytes() == found.content:
            continue
        forget_derived(root)
        remove(root / REVIEWS.folder / name)
        _keep(found.content, copy)


def reviews_of(root: Path, name: str) -> Mapping[str, tuple[Review, ...]]:
    """Return the reviews that a build took in for an annotator, by solution."""
    by_solution: dict[str, list[Review]] = {}
    for entry in _taken(root, name):
        by_solution.setdefault(entry.review.solution_id, []).append(entry.review)
    return {solution: tuple(reviews) for solution, reviews in by_solution.items()}


def refuse_misfits(build: Build) -> None:
    """Write down the reviews that are no evidence about any solution of a build, and why."""
    for name in build.recipe.reviewed:
        entries = _taken(build.root, name)
        steps = _steps_of(build, {entry.review.solution_id for entry in entries})
        refused = [
            _refused(entry, name, reason)
            for entry in entries
            if (reason := misfit(entry.review, steps.get(entry.review.solution_id)))
        ]
        write_shard(build.root, refused_path(name), Reject, refused)


def refused_path(name: str) -> str:
    """Return where the refused reviews of an annotator are, below a build's folder."""
    return f"refused/{name}/00000.parquet"


def _refused(entry: Entry, name: str, reason: str) -> Reject:
    review = entry.review
    step = "" if review.first_error is None else f", step {review.first_error}"
    return Reject(
        source=_copy(Path(), name).as_posix(),
        line=entry.line,
        reason=reason,
        detail=f"{review.reviewer} of {review.solution_id}: {review.says}{step}"[:200],
    )


def _steps_of(build: Build, wanted: set[str]) -> dict[str, list[str]]:
    """Return the steps of those of these solutions that a build has, by id."""
    ids = pa.array(sorted(wanted), pa.string())
    steps: dict[str, list[str]] = {}
    for shard in build.begun():
        table = build.table(f"solutions/{shard}.parquet", Solution, ("id", "steps"))
        rows = table.filter(pc.is_in(table["id"], value_set=ids))
        steps.update(zip(rows["id"].to_pylist(), rows["steps"].to_pylist(), strict=True))
    return steps


def _taken(root: Path, name: str) -> tuple[Entry, ...]:
    copy = _copy(root, name)
    return parse_reviews(copy.read_bytes(), str(copy))


def _keep(content: bytes, copy: Path) -> None:
    write_whole(copy, lambda file: file.write_bytes(content))


def _copy(root: Path, name: str) -> Path:
    """Return where a build keeps its copy of an annotator's reviews."""
    return root / REVIEWS.folder / f"{name}.jsonl"
