"""Fragments of code run in the sandbox in turn, each seeing what those before it defined."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from stepmark.sandbox.protocol import Limits, Program, Result, Sandbox

LIMITS: Final = Limits(wall_s=60.0, cpu_s=10, memory_bytes=1 << 30)
"""What the sandbox allows all fragments together."""
ENDED: Final = "ended the interpreter"
"""Error of a fragment that left no report although nothing stopped it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """What became of a fragment."""

    output: str = ""
    """What it printed, its first 2,000 characters."""
    error: str | None = None
    """The exception that it raised, as `NameError: …`; null if it ran to its end."""
    lacks: bool = False
    """Whether it failed for want of what the sandbox does not give: memory, a package, a file."""
    stopped: str | None = None
    """Why nothing is known of it, `sandbox_timeout` and the like; null if something is."""


async def run_fragments(sandbox: Sandbox, sources: Sequence[str]) -> tuple[Fragment, ...]:
    """Run fragments one after another; return what became of each, one a source.

    Raises:
        SandboxError: the sandbox itself did not work.
    """
    source = resources.files("stepmark.programs").joinpath("inside_fragments.py").read_text("utf-8")
    program = Program(source=source, stdin=json.dumps(list(sources)))
    result = await sandbox.run(program, LIMITS)
    reported = [_read(line) for line in result.stdout.splitlines()[: len(sources)]]
    silent = len(sources) - len(reported)
    return (*reported, *(_unreported(result) for _ in range(silent)))


def _unreported(result: Result) -> Fragment:
    if result.ended == "finished":
        return Fragment(error=ENDED)
    return Fragment(stopped=f"sandbox_{result.ended}")


def _read(line: str) -> Fragment:
    try:
        said = json.loads(line)
        output, error, lacks = str(said["output"]), said["error"], bool(said["lacks"])
    except (ValueError, TypeError, KeyError):
        return Fragment(error=ENDED)
    return Fragment(output=output, error=None if error is None else str(error), lacks=lacks)
