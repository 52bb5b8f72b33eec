"""What people have said of a build's solutions: where it is kept, and what of it fits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flows.recipe import Recipe
from flows.recipe_file import load_recipe
from stepmark.errors import ReviewError
from stepmark.records import Review, Solution
from stepmark.reviews import FILE, last_of_each, misfit, read_reviews
from storage.shards import read_shard


def reviews_file(root: Path, named: Path | None) -> Path:
    """Return the file that reviews of a build go to: the one named, or the one beside its ledger.

    Raises:
        ReviewError: the build's recipe reads another file, and none is named.
    """
    if named is not None:
        return named
    for name, people in _recipe(root).reviewed.items():
        if people.reviews is not None:
            raise ReviewError(
                f"annotators.{name} of {root} reads its reviews from {people.reviews}, which "
                "starts from the recipe's folder: say where that is with --reviews FILE."
            )
    return root.resolve().parent / FILE


def reads_reviews(root: Path) -> bool:
    """Tell whether a build's recipe has people among its annotators."""
    return bool(_recipe(root).reviewed)


def solutions_of(root: Path) -> Mapping[str, Solution]:
    """Return the solutions of a build, by id."""
    shards = sorted((root / "solutions").glob("*.parquet"))
    return {each.id: each for shard in shards for each in read_shard(shard, Solution)}


def fitting(path: Path, solutions: Mapping[str, Solution]) -> tuple[Review, ...]:
    """Return the reviews in a file that are about these solutions as they are cut; none without it.

    Raises:
        ReviewError: the file cannot be read, or a line is no review.
    """
    if not path.exists():
        return ()
    reviews = (entry.review for entry in read_reviews(path))
    return last_of_each(
        review
        for review in reviews
        if (solution := solutions.get(review.solution_id)) is not None
        and misfit(review, solution.steps) is None
    )


def opinion(review: Review) -> str:
    """Say in a word or two what a person said."""
    if review.says == "unknown":
        return f"cannot tell: {review.reason}"
    return "none wrong" if review.first_error is None else f"step {review.first_error}"


def _recipe(root: Path) -> Recipe:
    return load_recipe(str(root / "recipe.yaml"))[0]
