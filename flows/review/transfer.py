"""To a review tool and back: a queue in its format, and the answers of its export as reviews."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from flows.review import Tool, argilla, label_studio
from flows.review.choices import Answer, Skipped, review_of
from flows.review.queue import Item
from stepmark.errors import ReviewError
from stepmark.records import Review, Solution
from stepmark.reviews import add, last_of_each, misfit, read_reviews

READ: Final[Mapping[Tool, Callable[[Any], Iterator[Answer | Skipped]]]] = {
    "argilla": argilla.read,
    "label-studio": label_studio.read,
}


class Taken(NamedTuple):
    """What became of the answers of an export."""

    added: int
    unchanged: int
    """Answers that the reviews hold already."""
    skipped: tuple[Skipped, ...]

    @property
    def lines(self) -> list[str]:
        """The same for people to read."""
        reasons = Counter(each.reason for each in self.skipped)
        first = {each.reason: each.what for each in reversed(self.skipped)}
        return [
            f"{self.added:,} reviews added, {self.unchanged:,} were there already",
            *(
                f"{n:,} skipped: {why}, the first {first[why]}"
                for why, n in sorted(reasons.items())
            ),
        ]


def write_queue(items: Sequence[Item], tool: Tool, folder: Path, name: str) -> None:
    """Write solutions in the format that a tool imports.

    Args:
        items: the queue.
        tool: which.
        folder: where.
        name: of the build, for the data set in Argilla; a project in Label Studio is named when it
            is made.

    Raises:
        ReviewError: the folder holds something already, which a tool may be working with.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise ReviewError(f"{folder} is there already and not empty: choose another --out.")
    if tool == "argilla":
        argilla.write(items, folder, name)
    else:
        label_studio.write(items, folder)


def take_export(
    export: Path, tool: Tool, reviews: Path, solutions: Mapping[str, Solution], who: str | None
) -> Taken:
    """Add the answers of a tool's export to a file of reviews.

    Args:
        export: what the tool wrote: a file, or for Argilla also the folder with `records.json`.
        tool: which.
        reviews: the file of reviews.
        solutions: of the build, by id.
        who: whose answers they are; None for the names in the export.

    Raises:
        ReviewError: the export or the reviews cannot be read, or `who` is given for several people.
    """
    read = [each if isinstance(each, Skipped) else review_of(each) for each in _read(export, tool)]
    said = _named([each for each in read if isinstance(each, Review)], who)
    about, misfits = _parted(said, solutions)
    known = {entry.review for entry in read_reviews(reviews)} if reviews.exists() else set()
    fit = last_of_each(about)
    new = [each for each in fit if each not in known]
    if new:
        add(reviews, new)
    skipped = [each for each in read if isinstance(each, Skipped)]
    return Taken(len(new), len(fit) - len(new), (*skipped, *misfits))


def _read(export: Path, tool: Tool) -> Iterator[Answer | Skipped]:
    path = export / argilla.RECORDS if export.is_dir() else export
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ReviewError(f"The export {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise ReviewError(f"The export {path} is not JSON: {error}.") from None
    if not isinstance(content, list):
        raise ReviewError(
            f"The export {path} holds {type(content).__name__} and no list: export as JSON "
            "(Label Studio: the format JSON, not JSON-MIN; Argilla: records.to_json)."
        )
    return READ[tool](content)


def _named(reviews: Sequence[Review], who: str | None) -> list[Review]:
    """Return the reviews under the name that was given, if one was."""
    people = sorted({review.reviewer for review in reviews})
    if who is None:
        return list(reviews)
    if len(people) > 1:
        raise ReviewError(
            f"The export has answers of {len(people)} people ({people}), who would all "
            f"become {who!r}: leave --as out."
        )
    return [replace(review, reviewer=who) for review in reviews]


def _parted(
    reviews: Iterable[Review], solutions: Mapping[str, Solution]
) -> tuple[list[Review], list[Skipped]]:
    """Part the reviews that fit a build from those that do not."""
    fit, misfits = [], []
    for review in reviews:
        solution = solutions.get(review.solution_id)
        why = misfit(review, None if solution is None else solution.steps)
        if why is None:
            fit.append(review)
        else:
            misfits.append(Skipped(f"{review.solution_id} by {review.reviewer}", why))
    return fit, misfits
