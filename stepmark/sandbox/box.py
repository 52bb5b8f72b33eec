"""One sandbox process: started ahead of time, given one program, then gone with all it held."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable

from stepmark.errors import SandboxError
from stepmark.sandbox.bubblewrap import start_command
from stepmark.sandbox.inside import NUMBER_BYTES, READY
from stepmark.sandbox.protocol import Ending, Limits, Program, Result
from stepmark.sandbox.syscalls import allowed_calls

_START_S = 60.0
"""Longest wait for an interpreter to be ready; it takes some 50 ms on an idle machine."""
_END_S = 30.0
"""Longest wait for a killed sandbox to be gone."""
_CHUNK_BYTES = 1 << 16
_SIGNALLED = 128
_OVERTIME = _SIGNALLED + signal.SIGXCPU


class Box:
    """A started interpreter that waits for its only program."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, packages: tuple[str, ...]) -> Box:
        """Start one and wait until it is ready.

        Raises:
            SandboxError: it did not start; the message holds what bubblewrap said.
        """
        rules = allowed_calls()
        filter_fd, into = os.pipe()
        os.write(into, rules)  # far smaller than a pipe's buffer
        os.close(into)
        try:
            process = await asyncio.create_subprocess_exec(
                *start_command(packages=packages, seccomp_fd=filter_fd),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                pass_fds=(filter_fd,),
                start_new_session=True,
            )
        finally:
            os.close(filter_fd)
        box = cls(process)
        await box._wait_until_ready()
        return box

    async def run(self, program: Program, limits: Limits) -> Result:
        """Run the program; afterwards nothing is left of the sandbox, also when cancelled.

        Raises:
            SandboxError: the sandbox does not die, or was killed by somebody else.
        """
        started_s = time.monotonic()
        output = _Output(limits.output_bytes, on_flood=self._kill)
        end = self._ended(output)
        late = False
        try:
            self._hand_over(program, limits)
            async with asyncio.timeout(limits.wall_s):
                await asyncio.shield(end)
        except TimeoutError:
            late = True
        finally:
            seconds = time.monotonic() - started_s
            self._kill()
            await self._gone(end)
        code = self._process.returncode
        assert code is not None
        stopped: Ending | None = "output" if output.flooded else "timeout" if late else None
        if stopped is None and code < 0:
            raise SandboxError(
                f"Signal {-code} ended the sandbox from outside, which no program in it can do: "
                "the machine may be out of memory."
            )
        ended = stopped or _ending(code, output)
        return Result(
            ended=ended,
            exit_code=code if ended == "finished" else None,
            stdout=output.stdout.decode(errors="replace"),
            stderr=output.stderr.decode(errors="replace"),
            seconds=seconds,
        )

    async def discard(self) -> None:
        """End a sandbox that got no program."""
        self._kill()
        await self._gone(self._ended(_Output(0, on_flood=self._kill)))

    def _ended(self, output: _Output) -> Awaitable[object]:
        """Return what is done once the process is gone and all it wrote is read."""
        return asyncio.gather(
            self._process.wait(),
            output.read(self._process.stdout, output.stdout),
            output.read(self._process.stderr, output.stderr),
        )

    def _kill(self) -> None:
        """Kill bubblewrap: the sandbox's first process dies with it, and the rest with that one.

        Its whole group, because that first process waits for ever when bubblewrap dies before it
        has made its arrangements.
        """
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _gone(self, end: Awaitable[object]) -> None:
        try:
            await asyncio.wait_for(end, _END_S)
        except TimeoutError:
            raise SandboxError(
                f"The sandbox process {self._process.pid} was killed and still exists after "
                f"{_END_S:g} s: the machine's storage may hang."
            ) from None

    async def _wait_until_ready(self) -> None:
        stdout, stderr = self._process.stdout, self._process.stderr
        assert stdout is not None
        assert stderr is not None
        try:
            async with asyncio.timeout(_START_S):
                if await stdout.read(len(READY)) == READY:
                    return
                said = (await stderr.read()).decode(errors="replace").strip()
        except TimeoutError:
            said = f"no word from it in {_START_S:g} s"
        except BaseException:
            await self.discard()
            raise
        await self.discard()
        raise SandboxError(
            f"The sandbox does not start on this machine: {said or 'it ended without a word'}. "
            "`stepmark doctor` says what it needs; bubblewrap must be 0.8 or newer, and ordinary "
            "users must be allowed user namespaces."
        )

    def _hand_over(self, program: Program, limits: Limits) -> None:
        """Send the program, then its input; what it does not read is dropped with the pipe."""
        source = program.source.encode(errors="surrogatepass")
        limited = (limits.processes, limits.cpu_s, limits.memory_bytes)
        numbers = (number.to_bytes(NUMBER_BYTES, "big") for number in (len(source), *limited))
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(b"".join([*numbers, source, program.stdin.encode(errors="surrogatepass")]))
        stdin.close()


class _Output:
    """What a program writes to both streams, up to a limit for the two together."""

    def __init__(self, limit: int, on_flood: Callable[[], None]) -> None:
        self._left = limit
        self._on_flood = on_flood
        self.flooded = False
        self.stdout = bytearray()
        self.stderr = bytearray()

    async def read(self, stream: asyncio.StreamReader | None, into: bytearray) -> None:
        """Read a stream to its end; keep what is within the limit."""
        assert stream is not None
        while chunk := await stream.read(_CHUNK_BYTES):
            into += chunk[: self._left]
            self._left -= len(chunk)
            if self._left < 0:
                self._left = 0
                self.flooded = True
                self._on_flood()


def _ending(code: int, output: _Output) -> Ending:
    """Read the exit code as bubblewrap passes it on: above 128 it is a signal's."""
    if code == _OVERTIME:
        return "timeout"
    if code > _SIGNALLED:
        return "killed"
    last_line = output.stderr.rstrip().rpartition(b"\n")[2]
    return "memory" if code == 1 and last_line.startswith(b"MemoryError") else "finished"
