"""What every sandbox takes and gives: a Python program, its limits, and how it ended.

A program that fails, hangs or is killed is a result, not an exception: only a sandbox that does not
work raises. What a result says of itself was written by the program: a caller that runs tests needs
more than exit code 0, which `exit(0)` gives before the first of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Ending = Literal["finished", "timeout", "memory", "output", "killed"]
"""How a program ended.

`finished`: by itself, with an exit code; an uncaught exception is code 1. `timeout`: it ran over
its time, by the clock or on the processor. `memory`: it asked for more than it may have. `output`:
it wrote more than it may. `killed`: a signal ended it that was not sent for one of these.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A Python program, as one file."""

    source: str
    """Its text, run as `__main__`."""
    stdin: str = ""
    """What it reads from standard input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a program may take; all above 0."""

    wall_s: float = 10.0
    """Seconds by the clock, from the moment that it starts."""
    cpu_s: int = 10
    """Seconds on the processor, for each of its processes."""
    memory_bytes: int = 512 << 20
    """Address space of each of its processes, the interpreter's own (some 30 MB) included."""
    processes: int = 4
    """Processes and threads alive at once, itself included."""
    output_bytes: int = 1 << 20
    """Bytes it may write to standard output and error together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a program ended, and what it wrote until then."""

    ended: Ending
    """Why it ended."""
    exit_code: int | None
    """Its exit code when it finished; null when it was stopped."""
    stdout: str
    """What it wrote to standard output, cut at the limit; bytes that are no UTF-8 are replaced."""
    stderr: str
    """The same for standard error: the traceback of an uncaught exception stands at its end."""
    seconds: float
    """Seconds by the clock from its start to its end."""

    @property
    def succeeded(self) -> bool:
        """Whether it finished with exit code 0."""
        return self.ended == "finished" and self.exit_code == 0


class Sandbox(Protocol):
    """A place to run hostile programs in, several at once, each alone."""

    async def run(self, program: Program, limits: Limits) -> Result:
        """Run a program to its end or to a limit; nothing of it is left behind.

        Raises:
            SandboxError: the sandbox itself did not work; says nothing about the program.
        """
        ...
