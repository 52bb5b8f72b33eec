"""The worker processes of a build as its flow sees them: their counts summed, and a word to all.

Who only has threads has no crew: the worker of its own process is the whole team. To the display,
and to what stops a build, both look the same.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

from flows.mailbox import LOOK_PERIOD_S, METER, PROGRESS, Mailbox, Report, Word
from flows.member import Posting
from flows.runtime import Runtime
from flows.worker import Progress, Worker
from stepmark.errors import BudgetReached
from stepmark.purchase import Meter

LOST_AFTER_S = 20.0
"""A worker process that reports nothing new for so long is not waited for at the end."""


class Crew:
    """A context manager: at its end every worker process has closed what it opened."""

    def __init__(self, root: Path, worker: Worker, runtime: Runtime) -> None:
        """Prepare; nothing is written before it is entered.

        Args:
            root: the build's folder, which all worker processes reach.
            worker: the flow's own; its counts become the sums over the worker processes.
            runtime: of the whole build.
        """
        run = uuid.uuid4().hex
        share = replace(
            runtime.share(),
            out=runtime.out.resolve(),
            base=runtime.base.resolve(),
            ledger_folder=runtime.ledger.resolve(),
        )
        self.posting = str(Posting(folder=str(root.resolve()), run=run, runtime=share))
        self._worker = worker
        self._mailbox = Mailbox(root, run)
        self._beat = 0
        self._stop: str | None = None
        self._give_up = False
        self._close = False
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[Report, float]] = {}
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._attend, name="stepmark-crew", daemon=True)

    def __enter__(self) -> Self:
        self._mailbox.open()
        self._say()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._close = True
            while self._at_work():
                time.sleep(LOOK_PERIOD_S / 5)
        finally:
            self._left.set()
            self._thread.join()
            self._mailbox.remove()

    @property
    def meter(self) -> Meter:
        """What all of them bought and found."""
        return self._worker.meter

    @property
    def progress(self) -> Progress:
        """What all of them have done."""
        return self._worker.progress

    @property
    def processes(self) -> dict[str, int]:
        """Problems solved by each worker process that took part."""
        return {report.process: report.problems for report in self._reports()}

    @property
    def word(self) -> Word:
        """What the worker processes are told."""
        return Word(beat=self._beat, stop=self._stop, give_up=self._give_up, close=self._close)

    def notice(self) -> str | None:
        """Say what keeps the build from going on, or None if nothing does."""
        reports = self._reports()
        if self.meter.refusal is not None:
            if not all(report.stops for report in reports):
                return f"{self.meter.refusal} Telling the worker processes."
            left = sum(report.under_way for report in reports)
            return f"{self.meter.refusal} Waiting for {left} requests under way."
        return " ".join(dict.fromkeys(r.notice for r in reports if r.notice)) or None

    def stop(self, why: str) -> None:
        """Have nothing more ordered; what is under way still arrives and is kept."""
        self._worker.stop(why)
        self._stop = self._stop or why

    def give_up(self) -> None:
        """Have what is under way given up too; what has arrived is kept."""
        self._worker.give_up()
        self._give_up = True

    def settle(self) -> None:
        """Wait for orders that the flow's own process has under way; leaving waits for the rest."""
        self._worker.settle()

    def look(self) -> None:
        """Read the reports, sum them, and stop all when the budget is spent."""
        for report in self._mailbox.reports():
            before = self._seen.get(report.process)
            if before is None or before[0] != report:
                with self._lock:
                    self._seen[report.process] = report, time.monotonic()
        reports = self._reports()
        for names, sums in ((METER, self.meter), (PROGRESS, self.progress)):
            for name in names:
                setattr(sums, name, sum(getattr(report, name) for report in reports))
        try:
            self.meter.check_budget()
        except BudgetReached as spent:
            self._stop = self._stop or str(spent)

    def _reports(self) -> list[Report]:
        with self._lock:
            return [report for report, _ in self._seen.values()]

    def _at_work(self) -> bool:
        """Tell whether a worker process has yet to close, and may still do so."""
        self.look()
        now_s = time.monotonic()
        with self._lock:
            return any(
                not report.closed and now_s - seen_s < LOST_AFTER_S
                for report, seen_s in self._seen.values()
            )

    def _say(self) -> None:
        """Write the word down; done by one thread at a time."""
        self._beat += 1
        self._mailbox.say(self.word)

    def _attend(self) -> None:
        while not self._left.wait(LOOK_PERIOD_S / 5):
            self.look()
            self._say()


Team: TypeAlias = Worker | Crew
"""Who works on a build: this process alone, or worker processes."""


@contextlib.contextmanager
def at_work(team: Team) -> Iterator[None]:
    """Let worker processes work while the block runs; threads need no leave."""
    with team if isinstance(team, Crew) else contextlib.nullcontext():
        yield
