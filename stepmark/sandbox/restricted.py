"""The sandbox for small calculations: an interpreter of a part of Python, written in Rust.

Monty (pydantic-monty) has no files, sockets, processes or environment to begin with, and runs in
worker processes of its own. A run costs about a millisecond. It is another implementation than
CPython: `snippets` says which programs both answer alike, and only those are taken.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from stepmark.errors import SandboxError
from stepmark.sandbox.protocol import Ending, Limits, Program, Result
from stepmark.sandbox.snippets import is_snippet

if TYPE_CHECKING:
    from pydantic_monty import AsyncMonty, MontyRuntimeError, ResourceLimits

INSTALL = "pip install pydantic-monty"


class Restricted:
    """Runs snippets in Monty; `async with Restricted() as sandbox:` opens it."""

    def __init__(self, *, at_once: int | None = None) -> None:
        """Say how many run at the same time; by default one a processor."""
        self._pool = _pool(at_once)

    async def __aenter__(self) -> Self:
        """Start the workers."""
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the workers."""
        await self._pool.__aexit__(kind, error, trace)

    async def run(self, program: Program, limits: Limits) -> Result:
        """Run a snippet; of the limits, the lower time, memory and output count.

        Raises:
            SandboxError: the program is no snippet, or Monty cannot run it after all.
        """
        from pydantic_monty import MontyCrashedError, MontyRuntimeError

        if not is_snippet(program):
            raise SandboxError(
                "This program needs more than the restricted interpreter has: run it in the "
                f"isolated sandbox. It begins: {program.source[:80]!r}"
            )
        output = _Output(limits.output_bytes)
        started_s = time.monotonic()
        ended: Ending = "finished"
        code: int | None = 0
        try:
            async with self._pool.checkout(
                script_name="program.py",
                limits=_limits(limits),
                assert_message_annotations=False,
            ) as session:
                await session.feed_run(program.source, print_callback=output.write)
        except MontyRuntimeError as error:
            ended = _ending(error, output)
            code = 1 if ended == "finished" else None
            output.say(error.display() + "\n")
        except MontyCrashedError as error:
            ended, code = "timeout" if error.timed_out else "killed", None
        return Result(
            ended=ended,
            exit_code=code,
            stdout=output.stdout,
            stderr=output.stderr,
            seconds=time.monotonic() - started_s,
        )


def _pool(at_once: int | None) -> AsyncMonty:
    try:
        from pydantic_monty import AsyncMonty
    except ImportError:
        raise SandboxError(
            f"The restricted interpreter for small snippets is not installed: {INSTALL}."
        ) from None
    return AsyncMonty(max_processes=at_once)


def _limits(limits: Limits) -> ResourceLimits:
    return {
        "max_feed_duration_secs": min(limits.wall_s, limits.cpu_s),
        "max_memory": limits.memory_bytes,
    }


class _Output:
    """What a snippet prints, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self.stdout = ""
        self.stderr = ""

    @property
    def full(self) -> bool:
        """Whether more was printed than may be."""
        return self._left < 0

    def write(self, stream: Literal["stdout", "stderr"], text: str) -> None:
        """Take what is printed; the error stops the snippet."""
        data = text.encode()
        kept = data[: max(0, self._left)].decode(errors="ignore")
        self._left -= len(data)
        setattr(self, stream, getattr(self, stream) + kept)
        if self.full:
            raise MemoryError("output")

    def say(self, text: str) -> None:
        """Add the interpreter's own words."""
        self.stderr += text


def _ending(error: MontyRuntimeError, output: _Output) -> Ending:
    inner = error.exception()
    if output.full:
        return "output"
    if isinstance(inner, TimeoutError):
        return "timeout"
    if isinstance(inner, MemoryError):
        return "memory"
    if isinstance(inner, NotImplementedError) or "Internal error" in str(inner):
        raise SandboxError(f"The restricted interpreter cannot run this program: {inner}")
    return "finished"
