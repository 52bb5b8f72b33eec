"""Worker processes for symbolic grading, killed when they run over time and replaced.

The executor of the standard library breaks for good when a worker is killed; pebble's pool does
not. It breaks only when a worker dies with nothing to do, and then, as when it is stopped, it
leaves futures that never end: both are made good here. Workers start on first use, by `spawn`, so
that threads and event loops of the caller are not copied into them; the import of the computer
algebra happens before the clock of a task starts.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import resource
import threading
from concurrent.futures import Future, InvalidStateError
from concurrent.futures.process import BrokenProcessPool
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
            GradingError: if the pool is closed.
            BrokenProcessPool: if it has just broken; the next question gets a new one.
        """
        key = (question, answer, reference)
        with self._lock:
            future = self._in_flight.get(key)
            if future is not None:
                return future
            future = self._schedule(key)
            self._in_flight[key] = future
        future.add_done_callback(lambda _: self._in_flight.pop(key, None))
        return future

    def close(self) -> None:
        """Kill the workers; questions under way end with a GradingError."""
        with self._lock:
            self._closed = True
            self._retire(GradingError("The grader was closed while it was grading."))

    def rescue(self) -> None:
        """End the questions under way with a BrokenProcessPool error if the pool has broken."""
        with self._lock:
            self._retire_if_broken()

    def _schedule(self, key: tuple[Question, str, str]) -> Future[Reply]:
        if self._closed:
            raise GradingError("The grader is closed: open a new one to grade further answers.")
        self._retire_if_broken()
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
        except RuntimeError:
            self._retire(BrokenProcessPool("a worker died"))
            raise BrokenProcessPool("a worker died") from None
        return future

    def _retire_if_broken(self) -> None:
        if self._pool is not None and not self._pool.active:
            self._retire(BrokenProcessPool("a worker died"))

    def _retire(self, error: Exception) -> None:
        """Stop the pool, and end with this error whatever it leaves unanswered."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()
        for future in tuple(self._in_flight.values()):
            with contextlib.suppress(InvalidStateError):
                future.set_exception(error)


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
