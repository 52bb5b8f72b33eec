"""The live display of a build.

A line of counts, rewritten in place on a terminal and printed now and then where there is none;
below it what keeps the build from going on: servers that are down, or a request to stop.
"""

from __future__ import annotations

import threading
import time
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from flows.crew import Team

LOOK_PERIOD_S = 0.5
PLAIN_PERIOD_S = 10.0
"""Time between two lines where there is no terminal; news are told at once."""


class Display:
    """Shows a team's counts until it is left; a context manager."""

    def __init__(self, team: Team, console: Console) -> None:
        self._team = team
        self._console = console
        self._started = time.monotonic()
        self._left = threading.Event()
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._thread = threading.Thread(target=self._watch, name="stepmark-display", daemon=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join()
        if self._console.is_terminal:
            self._live.stop()
        self._console.print(self._counts(), highlight=False, soft_wrap=True)

    def _watch(self) -> None:
        said_s, known = time.monotonic(), (False, False)
        while not self._left.wait(LOOK_PERIOD_S):
            if self._console.is_terminal:
                self._live.update(self._line(), refresh=True)
                continue
            state = (self._team.meter.refusal is not None, self._team.notice() is not None)
            is_news, known = state != known, state
            if is_news or time.monotonic() - said_s >= PLAIN_PERIOD_S:
                said_s = time.monotonic()
                self._console.print(self._line(), highlight=False, soft_wrap=True)

    def _line(self) -> Text:
        line = self._counts()
        if notice := self._team.notice():
            line.append(f"\n{notice}", style="yellow")
        elif not self._has_begun():
            line.append(" · Prefect is starting")
        return line

    def _has_begun(self) -> bool:
        progress, meter = self._team.progress, self._team.meter
        done = (progress.problems, progress.solutions, progress.annotated)
        return any((*done, meter.ordered, meter.reused))

    def _counts(self) -> Text:
        meter, progress = self._team.meter, self._team.progress
        seconds = time.monotonic() - self._started
        parts = [
            f"{_clock(seconds)}",
            f"problems {progress.problems}",
            f"solutions {progress.solutions}",
            f"labelled {progress.annotated}{self._time_left(seconds)}",
            f"draws {meter.bought} bought {meter.reused} found",
            f"{meter.completion_tokens / max(seconds, 0.1):.0f} tokens/s",
        ]
        if progress.rejected:
            parts.append(f"rejected rows {progress.rejected}")
        if meter.failed:
            parts.append(f"failed draws {meter.failed}")
        return Text(" · ".join(parts))

    def _time_left(self, seconds: float) -> str:
        """Guess from the pace so far; silent until there is one."""
        done, all_ = self._team.progress.annotated, self._team.progress.expected
        if not done or all_ is None or done >= all_:
            return ""
        return f" of ~{all_} ({_clock(seconds / done * (all_ - done))} left)"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
