"""Stopping a build so that nothing paid is lost: on Ctrl-C, on SIGTERM, on an error.

Once, and nothing more is ordered: what is under way arrives and is kept, shards that need nothing
more are written, and the build ends by itself. Twice, and what is under way is given up too; what
has arrived is kept all the same.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from flows.crew import Team

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ASKED = "Stopping: nothing more is ordered (Ctrl-C again stops at once)."
_FAILED = "Stopping after an error: nothing more is ordered (Ctrl-C stops at once)."


@contextlib.contextmanager
def stoppable(team: Team, *, end: Callable[[], None]) -> Iterator[None]:
    """Let signals stop the block as said above; if it fails, stop who works on it and wait.

    What is waited for is `end` and the orders under way, with the signals still heeded.

    Signals are heeded in the main thread only; in another one the caller's rules stand.
    """
    with _signals_to(team):
        try:
            yield
        except BaseException:
            if team.meter.refusal is None:
                team.stop(_FAILED)
            end()
            team.settle()
            raise


@contextlib.contextmanager
def _signals_to(team: Team) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if team.meter.refusal is None:
            team.stop(_ASKED)
        else:
            team.give_up()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
