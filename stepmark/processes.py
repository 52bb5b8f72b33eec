"""Worker processes for work that may hang or eat memory: killed at a limit, and replaced.

The limit is of processor time, kept by the kernel, so that what a task comes to does not hang on
how busy the machine is; one that sleeps or waits is killed a while later.

The executor of the standard library breaks for good when a worker is killed; pebble's pool does
not. It breaks only when a worker dies with nothing to do, and then, as when it is stopped, it
leaves futures that never end: both are made good here. Workers start on first use, by `spawn`, so
that threads and event loops of the caller are not copied into them; what `start` imports is
imported before the clock of a task starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, InvalidStateError
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, TypeVar

from pebble import ProcessExpired, ProcessPool

from stepmark.errors import ProcessesError

Result = TypeVar("Result")

MEMORY_BYTES: Final = 3 << 30
"""Most memory that a worker may take: 9^9^9 is written fast."""
_HEALTH_CHECK_S = 1.0
_PATIENCE: Final = 12
"""Time by the clock, in processor time allowed, at which a task is killed that hardly works."""


class Processes:
    """Runs functions in worker processes; safe to use from several threads."""

    def __init__(
        self, *, workers: int = 1, cpu_s: float, start: Callable[[], None] | None = None
    ) -> None:
        """Start nothing yet: the first task starts `workers` processes, each with `start()`.

        A task may take `cpu_s` seconds of processor time.
        """
        self._workers = workers
        self._cpu_s = cpu_s
        self._start = start
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._in_flight: dict[tuple[Any, ...], Future[Any]] = {}
        self._closed = False

    async def run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function of a module with hashable arguments in a worker and return its result.

        Asked once more if the pool broke under the task (an idle worker was killed).

        Raises:
            TimeoutError: it ran over the limit, and its process was killed.
            ProcessExpired: its process died.
            ProcessesError: these processes are closed, or do not start.
        """
        try:
            return await self._run_once(function, *arguments)
        except BrokenExecutor:
            pass
        try:
            return await self._run_once(function, *arguments)
        except BrokenExecutor as error:
            raise ProcessesError(
                "Worker processes do not start or die at once: is everything installed that "
                f"{function.__module__} needs, and is there memory for them?"
            ) from error

    def ask(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Return a future of the result; equal tasks under way share one.

        Raises:
            ProcessesError: these processes are closed.
            BrokenProcessPool: the pool has just broken; the next task gets a new one.
        """
        key = (function, *arguments)
        with self._lock:
            future = self._in_flight.get(key)
            if future is not None:
                return future
            future = self._schedule(function, arguments)
            self._in_flight[key] = future
        future.add_done_callback(lambda _: self._in_flight.pop(key, None))
        return future

    def close(self) -> None:
        """Kill the workers; tasks under way end with a ProcessesError. Twice is harmless."""
        with self._lock:
            self._closed = True
            self._retire(ProcessesError("Worker processes were closed while they worked."))

    async def _run_once(self, function: Callable[..., Result], *arguments: Any) -> Result:
        future = asyncio.wrap_future(asked := self.ask(function, *arguments))
        while not asked.done():
            await asyncio.wait([future], timeout=_HEALTH_CHECK_S)
            if not asked.done():
                await asyncio.to_thread(self._rescue)
        try:
            return await future
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGPROF:
                raise TimeoutError from error
            raise

    def _rescue(self) -> None:
        """End the tasks under way with a BrokenProcessPool error if the pool has broken."""
        with self._lock:
            self._retire_if_broken()

    def _schedule(
        self, function: Callable[..., Result], arguments: tuple[Any, ...]
    ) -> Future[Result]:
        if self._closed:
            raise ProcessesError("These worker processes are closed: open new ones.")
        self._retire_if_broken()
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._workers,
                initializer=_start_worker,
                initargs=[self._start],
                context=multiprocessing.get_context("spawn"),
            )
        try:
            future: Future[Result] = self._pool.schedule(
                _within, args=[self._cpu_s, function, *arguments], timeout=_PATIENCE * self._cpu_s
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


def _within(cpu_s: float, function: Callable[..., Result], *arguments: Any) -> Result:
    """Run a task; past its processor time the kernel ends the process, whatever it is doing."""
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _start_worker(start: Callable[[], None] | None) -> None:
    """Bound the memory a worker may take, keep it quiet, and import what tasks need."""
    logging.disable(logging.WARNING)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    if start is not None:
        start()
