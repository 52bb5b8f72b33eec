"""A command that runs under a guardian (guardian.py), as whoever asked for it holds it."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO

from stepmark.engines import guardian


class Guarded:
    """A command that runs until it ends, until `end`, or until this process is gone.

    It is in a session of its own: a Ctrl-C at the terminal does not reach it.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        grace_s: float,
        log: IO[bytes] | None = None,
        handed: Sequence[int] = (),
    ) -> None:
        """Start the command and return at once.

        Args:
            command: program and arguments.
            environment: all of the command's environment variables.
            grace_s: time that it has to end by itself before it is killed.
            log: file for its output and errors; null leaves them where this process's go.
            handed: file descriptors that it inherits.
        """
        self._owner = os.getpid()
        atexit.register(self.end)
        self._guardian = subprocess.Popen(  # noqa: S603  (our own script, the caller's command)
            [sys.executable, "-I", guardian.__file__, str(grace_s), *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=None if log is None else subprocess.STDOUT,
            env=environment,
            pass_fds=handed,
            start_new_session=True,
        )

    @property
    def ended(self) -> bool:
        """Whether the command has ended by itself."""
        return self._guardian.poll() is not None

    def end(self) -> None:
        """End the command and every process of its group; harmless when there is none."""
        running = self._guardian
        if os.getpid() != self._owner:  # a forked copy does not own it
            return
        if running.stdin is not None:
            with contextlib.suppress(OSError):
                running.stdin.write(b"end\n")
                running.stdin.flush()
            with contextlib.suppress(OSError):
                running.stdin.close()
        running.wait()
        atexit.unregister(self.end)
