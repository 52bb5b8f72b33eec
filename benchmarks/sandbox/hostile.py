"""Runs the hostile programs one after another, and looks from outside at what each did."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sandbox.canaries import Canaries, namespaces_below, still_alive
from stepmark.sandbox.box import Box
from stepmark.sandbox.protocol import Ending, Limits, Program

FOLDER = Path(__file__).with_name("hostile")
LIMITS = Limits(wall_s=6, cpu_s=1, memory_bytes=256 << 20, processes=8, output_bytes=1 << 20)
_LATE_S = 2.0
"""Seconds beyond the limit that a run may take on a busy machine before it counts as late."""
_GONE_S = 5.0
"""Seconds that the kernel gets to clear away a sandbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of one hostile program."""

    name: str
    """Name of its file."""
    ended: Ending
    """How it ended."""
    seconds: float
    """How long it ran."""
    escapes: tuple[str, ...]
    """What it did that it should not have been able to."""
    late: bool
    """Whether it ran well beyond its limit."""
    expected: bool
    """Whether it ended as its second line says."""


async def attempts() -> list[Attempt]:
    """Run all of them."""
    with Canaries() as canaries:
        return [await _attempt(name, source, canaries) for name, source in _programs()]


def _programs() -> Iterator[tuple[str, str]]:
    """Yield the name and text of each."""
    for path in sorted(FOLDER.glob("*.py")):
        yield path.stem, path.read_text(encoding="utf-8")


async def _attempt(name: str, source: str, canaries: Canaries) -> Attempt:
    box = await Box.start(())
    namespaces = namespaces_below()
    if not namespaces:
        raise RuntimeError("The sandbox's processes cannot be seen from outside: nothing to watch.")
    started_s = time.monotonic()
    result = await box.run(Program(source=canaries.prelude + source), LIMITS)
    took_s = time.monotonic() - started_s
    escapes = canaries.touched(result)
    if not await _gone(namespaces):
        escapes.append("processes left")
    endings = re.search(r"^# ends: (\S+)$", source, re.MULTILINE)
    assert endings is not None
    return Attempt(
        name=name,
        ended=result.ended,
        seconds=took_s,
        escapes=tuple(escapes),
        late=took_s > LIMITS.wall_s + _LATE_S,
        expected=result.ended in endings[1].split("|"),
    )


async def _gone(namespaces: frozenset[str]) -> bool:
    deadline_s = time.monotonic() + _GONE_S
    while still_alive(namespaces):
        if time.monotonic() > deadline_s:
            return False
        await asyncio.sleep(0.02)
    return True
