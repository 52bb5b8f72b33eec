"""Worker processes for symbolic grading, killed when they run over time and replaced.

The executor of the standard library breaks for good when a worker is killed; pebble's pool does
not. Workers start on first use, by `spawn`, so that threads and event loops of the caller are not
copied into them; the import of the computer algebra happens before the clock of a task starts.
"""

from __future__ import annotations

import logging
import multiprocessing
import resource
import threading
from concurrent.futures import Future
from typing import Literal

from pebble import ProcessPool

from stepmark.errors import GradingError
from stepmark.grading import symbolic
from stepmark.grading.structure import Told

Question = Literal["compare", "readable"]
Reply = Told | Literal["failed"]
_MEMORY_BYTES = 3 << 30


class SymbolicPool:
    """Asks a worker whether two answers are equal; safe to use from several threads."""

    def __init__(self, *, workers: int, timeout_s: float) -> None:
        self._workers = workers
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._in_flight: dict[tuple[Question, str, str], Future[Reply]] = {}
        self._closed = False

    def ask(self, question: Question, answer: str, reference: str) -> Future[Reply]:
        """Return a future of the verdict; equal questions under way share one.

        Raises:
            GradingError: if the pool is closed, or its workers cannot start.
        """
        key = (question, answer, reference)
        with self._lock:
            if key in self._in_flight:
                return self._in_flight[key]
            future = self._schedule(key)
            self._in_flight[key] = future
        future.add_done_callback(lambda _: self._in_flight.pop(key, None))
        return future

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Kill the workers; questions under way are cancelled."""
        with self._lock:
            pool, self._pool, self._closed = self._pool, None, True
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    def _schedule(self, key: tuple[Question, str, str]) -> Future[Reply]:
        if self._closed:
            raise GradingError("The grader is closed: open a new one to grade further answers.")
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._workers,
                initializer=_start_worker,
                context=multiprocessing.get_context("spawn"),
            )
        try:
            future: Future[Reply] = self._pool.schedule(
                _answer, args=[*key], timeout=self._timeout_s
            )
        except RuntimeError as error:
            raise GradingError(
                f"Symbolic grading workers cannot start ({error}): is math-verify installed?"
            ) from error
        return future


def _start_worker() -> None:
    """Bound the memory a worker may take (9^9^9 is written fast), and import the algebra."""
    logging.disable(logging.WARNING)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    symbolic.warm_up()


def _answer(question: Question, answer: str, reference: str) -> Reply:
    try:
        if question == "readable":
            return "same" if symbolic.readable(reference) else "untold"
        return symbolic.compare_symbolic(answer, reference)
    except Exception:  # noqa: BLE001 - whatever algebra trips over is this pair's, not the pool's
        return "failed"
