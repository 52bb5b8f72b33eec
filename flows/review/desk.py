"""The desk: one person before a queue, what they have said of it, and how they take it back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from flows.review.choices import Answer, Skipped, review_of
from flows.review.queue import Item
from flows.review.told import fitting
from stepmark.errors import ReviewError
from stepmark.records import Review
from stepmark.reviews import add, misfit, steps_id, withdraw


class Desk:
    """What one person says of the solutions of a queue; each word is on the disk at once.

    Several threads may ask it things at a time.
    """

    def __init__(self, items: Sequence[Item], reviewer: str, path: Path) -> None:
        """Sit a person down where they left off.

        Args:
            items: the queue.
            reviewer: the person's name.
            path: the file of reviews.

        Raises:
            ReviewError: the file cannot be read, or there is no name.
        """
        if not reviewer.strip():
            raise ReviewError("A reviewer has a name: give --as NAME.")
        self.items = tuple(items)
        self.reviewer = reviewer
        self.path = path
        self._lock = threading.Lock()
        by_id = {item.solution.id: item.solution for item in items}
        self._said = {
            review.solution_id: review
            for review in fitting(path, by_id)
            if review.reviewer == reviewer
        }
        self._undoable: list[tuple[int, Review | None]] = []

    @property
    def done(self) -> int:
        """Solutions of the queue that the person has said something of."""
        return len(self._said)

    def said(self, at: int) -> Review | None:
        """Return what the person said of the solution at a place, from 0."""
        return self._said.get(self.items[at].solution.id)

    def next_open(self, after: int = -1) -> int | None:
        """Return the first place after one, round the end, that nothing is said of, or None."""
        count = len(self.items)
        places = ((after + 1 + ahead) % count for ahead in range(count))
        return next((place for place in places if self.said(place) is None), None)

    def say(self, solution_id: str, choice: str, note: str) -> int:
        """Keep what the person says of a solution; return its place.

        Raises:
            ReviewError: the queue has no such solution, or there is no such choice about it, or the
                file cannot be written.
        """
        at = self._place(solution_id)
        steps = self.items[at].solution.steps
        review = review_of(Answer(solution_id, steps_id(steps), self.reviewer, choice, note))
        if isinstance(review, Skipped) or misfit(review, steps):
            raise ReviewError(f"There is no choice {choice!r} about {solution_id}.")
        with self._lock:
            before = self._said.get(solution_id)
            add(self.path, [review])
            self._said[solution_id] = review
            self._undoable.append((at, before))
        return at

    def undo(self) -> int | None:
        """Take back what was said last at this desk; return its place, or None if it was nothing.

        Raises:
            ReviewError: the file cannot be written.
        """
        with self._lock:
            if not self._undoable:
                return None
            at, before = self._undoable[-1]
            solution_id = self.items[at].solution.id
            if before is None:
                withdraw(self.path, self._said[solution_id])
                del self._said[solution_id]
            else:
                add(self.path, [before])
                self._said[solution_id] = before
            self._undoable.pop()
        return at

    def _place(self, solution_id: str) -> int:
        for at, item in enumerate(self.items):
            if item.solution.id == solution_id:
                return at
        raise ReviewError(f"The queue has no solution {solution_id!r}: load the page again.")
