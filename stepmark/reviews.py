"""A file of reviews: what people said of solutions, one JSON object a line, only ever added to.

A line has the keys of `Review`; `steps`, `first_error`, `reason` and `note` may be left out. What a
person says again of a solution, cut into the same steps, takes the place of what they said before,
and a line that says `withdrawn` takes it back (of every cut, if it names no steps). The file is
work of people's hands: it lies outside of builds, nothing here removes a line, and a line is on the
disk before the person is told so.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_args

from stepmark.errors import ReviewError
from stepmark.ids import content_id
from stepmark.records import Opinion, Review

FILE: Final = "reviews.jsonl"
"""Name of the file that builds below one folder share, beside their ledger."""
WITHDRAWN: Final = "withdrawn"
SHOWN: Final = 80
"""Characters of a bad line that a message shows."""
KEYS: Final = ("solution_id", "steps", "reviewer", "says", "first_error", "reason", "note")
Misfit = Literal["not_in_build", "other_steps", "beyond_steps"]
"""Why a review is no evidence about a build: the build has no such solution; it cuts the solution
into other steps than the person saw; the solution has no step of that index."""


class Entry(NamedTuple):
    """A review that stands, and where."""

    line: int
    """Line of its file, from 1."""
    review: Review


def writable(text: str) -> str:
    r"""Return a text with halves of characters written out (`\ud83d`): no file holds them."""
    return text.encode("utf-8", "backslashreplace").decode()


def steps_id(steps: Sequence[str]) -> str:
    """Return by what the cut of a solution is known again (`st_…`)."""
    return content_id("st", *steps)


def read_reviews(path: Path) -> tuple[Entry, ...]:
    """Return the reviews of a file that stand, in the file's order.

    Raises:
        ReviewError: it cannot be read, or a line is no review.
    """
    try:
        return parse_reviews(path.read_bytes(), str(path))
    except OSError as error:
        raise ReviewError(f"The reviews {path} cannot be read: {error.strerror}.") from None


def parse_reviews(content: bytes, where: str) -> tuple[Entry, ...]:
    """Return the reviews in a file's content that stand; `where` names it in messages.

    Raises:
        ReviewError: a line is no review.
    """
    standing: dict[tuple[str, str], dict[str | None, Entry]] = {}
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            review = _review(said)
        except (ValueError, TypeError, RecursionError) as error:
            shown = line[:SHOWN].decode(errors="replace")
            raise ReviewError(
                f"{where}, line {number}: {error}. The line begins {shown!r}: mend it or remove it."
            ) from None
        by_steps = standing.setdefault((review.solution_id, review.reviewer), {})
        by_steps.pop(review.steps, None)
        if said["says"] != WITHDRAWN:
            by_steps[review.steps] = Entry(number, review)
        elif review.steps is None:
            by_steps.clear()
    entries = (entry for by_steps in standing.values() for entry in by_steps.values())
    return tuple(sorted(entries))


def add(path: Path, reviews: Sequence[Review]) -> None:
    """Add reviews to a file, which need not be there; they are on the disk when this returns.

    Raises:
        ReviewError: the file cannot be written.
    """
    _append(path, [asdict(review) for review in reviews])


def withdraw(path: Path, review: Review) -> None:
    """Add that a person takes back what they said of a solution; on the disk as with `add`.

    Raises:
        ReviewError: the file cannot be written.
    """
    gone = replace(review, first_error=None, reason=None, note="")
    _append(path, [asdict(gone) | {"says": WITHDRAWN}])


def last_of_each(reviews: Iterable[Review]) -> tuple[Review, ...]:
    """Return what each person said last of each solution, by the order of what they said first.

    Args:
        reviews: that fit one build, in their file's order: one with steps and one by hand may be of
            the same person.
    """
    return tuple({(each.solution_id, each.reviewer): each for each in reviews}.values())


def misfit(review: Review, steps: Sequence[str] | None) -> Misfit | None:
    """Return why a review is no evidence about a solution, or None.

    Args:
        review: what a person says.
        steps: of its solution; None where a build has no such solution.
    """
    if steps is None:
        return "not_in_build"
    if review.steps is not None and review.steps != steps_id(steps):
        return "other_steps"
    error = review.first_error
    return "beyond_steps" if error is not None and error >= len(steps) else None


def _append(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write whole lines at the end with one call, after a line break that a hand left out."""
    said = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    text = writable(said).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            whole = b"\n" * torn + text
            if os.write(descriptor, whole) < len(whole):
                os.ftruncate(descriptor, size)  # half a line would spoil the file
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ReviewError(
            f"The reviews {path} cannot be written: {error.strerror}. What was said last is not "
            "kept: make room or choose another file, and say it again."
        ) from None


def _review(said: Any) -> Review:
    """Read one line.

    Raises:
        ValueError: it is no review; the message says why.
    """
    if not isinstance(said, dict):
        raise TypeError("it is no JSON object")
    strange = set(said) - set(KEYS)
    if strange:
        raise ValueError(f"it has the keys {sorted(strange)}, which no review has")
    texts = {key: _text(said, key) for key in ("steps", "reason", "note")}
    solution, reviewer = _text(said, "solution_id"), _text(said, "reviewer")
    if not solution or not reviewer:
        raise ValueError("it does not say who reviewed which solution (solution_id, reviewer)")
    says: Any = said.get("says")
    error = said.get("first_error")
    _check_opinion(says, error, texts["reason"])
    return Review(
        solution_id=solution,
        steps=texts["steps"],
        reviewer=reviewer,
        says="unknown" if says == WITHDRAWN else says,
        first_error=error,
        reason=texts["reason"],
        note=texts["note"] or "",
    )


def _check_opinion(says: object, error: object, reason: str | None) -> None:
    """An opinion is one of those there are, and has what belongs to it and nothing else."""
    opinions = (*get_args(Opinion), WITHDRAWN)
    if says not in opinions:
        raise ValueError(f"`says` is {says!r}, and none of {', '.join(opinions)}")
    number = isinstance(error, int) and not isinstance(error, bool) and error >= 0
    if (says == "incorrect" and not number) or (says != "incorrect" and error is not None):
        raise ValueError(
            f"it says {says} with first_error {error!r}: an index from 0 belongs to `incorrect`, "
            "and to nothing else"
        )
    if (says == "unknown") != bool(reason):
        raise ValueError(
            f"it says {says} with the reason {reason!r}: a reason belongs to `unknown`, and to "
            "nothing else"
        )


def _text(said: Mapping[str, Any], key: str) -> str | None:
    value = said.get(key)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{key} is {value!r}, and no text")
    return None if value is None else writable(value)
