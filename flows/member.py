"""One worker process's side of a build: opened by the first task that comes, kept for the others.

Ray and Dask hand a task to some process, as plain strings. The process then opens the build for
itself: its own engine loop, ledger, grader and policies, with a share of the requests in flight.
It reports what it does, heeds the flow's word (flows/mailbox.py), and closes all of it when told
to, or when the flow has been silent for so long that it must be gone.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import platform
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from flows.mailbox import LOOK_PERIOD_S, METER, PROGRESS, Mailbox, Report, Word
from flows.place import check_policies
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.shards import Build
from flows.worker import Worker
from stepmark.errors import Interrupted, RecipeError, StepmarkError

SILENCE_S = 120.0
"""Without a sign of life of the flow for so long, its worker processes stop: network file systems
show a change only after a minute."""
_GONE = "The flow of this build is gone."

_open: dict[str, Build] = {}
_opening = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What a worker process must know to open a build; tasks carry it as text."""

    folder: str
    """The build's folder, absolute, the same on every machine."""
    run: str
    """Names this run of the flow."""
    runtime: Runtime
    """The process's share."""

    def __str__(self) -> str:
        return _PLAIN.dump_json(self).decode()

    @classmethod
    def of(cls, told: str) -> Posting:
        """Read what a task was told."""
        return _PLAIN.validate_json(told)


_PLAIN = TypeAdapter(Posting)


def work(told: str, stage: Callable[[Build, str], None], shard: str) -> None:
    """Do one stage of a shard, in whichever process this is.

    An error comes out of it bare: whoever carries it to the flow would serialise its trail too, and
    fail at that.

    Args:
        told: the name under which the flow has opened its build in this process, or a posting.
        stage: what to do.
        shard: of what.
    """
    failure: StepmarkError | None = None
    try:
        stage(_opened(told), shard)
    except StepmarkError as error:
        failure = error.with_traceback(None)
        failure.__cause__ = failure.__context__ = None
    except CancelledError:
        failure = Interrupted("What was under way was given up.")
    if failure is not None:
        raise failure


def _opened(told: str) -> Build:
    """Return the flow's own build, or this process's, opened if need be."""
    with _opening:
        if told not in _open:
            _open[told] = Member(told).build
        return _open[told]


def lend(told: str, build: Build) -> None:
    """Have tasks that run in this process work on a build that is open already."""
    _open[told] = build


def take_back(told: str) -> None:
    """Forget a build that was lent, or that is closed."""
    _open.pop(told, None)


def dask_setup(_: object) -> None:
    """Have a worker process that Dask starts for us leave Ctrl-C to the flow, which tells it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Member:
    """A build opened in a worker process, and a thread that talks to the flow."""

    def __init__(self, told: str) -> None:
        if multiprocessing.current_process().daemon:
            raise RecipeError(
                "This worker process may not start processes of its own, and grading needs one: "
                "start Dask's workers with DASK_DISTRIBUTED__WORKER__DAEMON=False."
            )
        posting = Posting.of(told)
        root = Path(posting.folder)
        recipe, _ = load_recipe(str(root / "recipe.yaml"))
        with contextlib.ExitStack() as unless_good:
            self._worker = unless_good.enter_context(Worker(recipe, posting.runtime))
            check_policies(root, self._worker.identities)
            self._worker.remember_policies()
            self._everything = unless_good.pop_all()
        self.build = Build(root, recipe, self._worker)
        self._told = told
        self._mailbox = Mailbox(root, posting.run)
        self._beat = 0
        threading.Thread(target=self._attend, name="stepmark-member", daemon=True).start()

    def heed(self, word: Word) -> None:
        """Do what the flow says, as far as it concerns work under way."""
        if word.stop is not None and self._worker.meter.refusal is None:
            self._worker.stop(word.stop)
        if word.give_up:
            self._worker.give_up()

    def _attend(self) -> None:
        """Heed the flow and report to it, until it wants no more or is gone."""
        word, heard_s = Word(), time.monotonic()
        while not word.close:
            self._report(closed=False)
            time.sleep(LOOK_PERIOD_S)
            now = self._mailbox.heard()
            if now is not None and now != word:
                heard_s = time.monotonic()
            elif now is None or time.monotonic() - heard_s > SILENCE_S:
                now = Word(stop=_GONE, give_up=True, close=True)
            self.heed(now)
            word = now
        take_back(self._told)
        self._everything.close()
        self._report(closed=True)

    def _report(self, *, closed: bool) -> None:
        worker, self._beat = self._worker, self._beat + 1
        done = {name: getattr(worker.progress, name) for name in PROGRESS}
        spent = {name: getattr(worker.meter, name) for name in METER}
        self._mailbox.report(
            Report(
                process=f"{platform.node()}-{os.getpid()}",
                beat=self._beat,
                under_way=worker.under_way,
                notice=worker.trouble(),
                stops=worker.meter.refusal is not None,
                closed=closed,
                **done,
                **spent,
            )
        )
