"""Sandboxes that are none: for the harmless programs of tests alone."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from stepmark.sandbox.protocol import Limits, Program, Result


def a_result(stdout: str = "", **changes: Any) -> Result:
    values: dict[str, Any] = {"ended": "finished", "exit_code": 0, "stderr": "", "seconds": 0.1}
    return Result(stdout=stdout, **(values | changes))


class OpenSandbox:
    """Runs programs in a bare subprocess and holds nothing back but time."""

    def __init__(self) -> None:
        self.ran: list[Program] = []
        """In order."""

    async def run(self, program: Program, limits: Limits) -> Result:
        self.ran.append(program)
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "-c", program.source,
            stdin=-1, stdout=-1, stderr=-1,
        )  # fmt: skip
        try:
            said, erred = await asyncio.wait_for(
                process.communicate(program.stdin.encode()), limits.wall_s
            )
        except TimeoutError:
            process.kill()
            await process.wait()
            return a_result(ended="timeout", exit_code=None)
        code = process.returncode
        return a_result(
            said.decode(errors="replace"),
            stderr=erred.decode(errors="replace"),
            ended="killed" if code and code < 0 else "finished",
            exit_code=code,
            seconds=time.monotonic() - began,
        )


class StubSandbox:
    """Ends every program in the same stated way."""

    def __init__(self, result: Result) -> None:
        self._result = result
        self.ran: list[Program] = []

    async def run(self, program: Program, limits: Limits) -> Result:
        self.ran.append(program)
        return self._result
