"""Unit tests as the outcome of a program: run in the sandbox, told apart by their marks.

A program is right when every assertion that was reached held and the tests came to their end. One
that fails is wrong, and so is one that does not load, that ends the interpreter, or that spends
more processor time on one assertion than `SECONDS`: the limit is part of the tests, as in HumanEval
(arXiv 2107.03374, 3 s). What the sandbox itself had to stop is unknown, with its reason, and so is
what failed for want of memory, or of a package that the sandbox does not offer, and not otherwise.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from importlib import resources
from typing import Final, get_args

from stepmark.engines.lru import Lru
from stepmark.ids import content_id
from stepmark.records import Outcome
from stepmark.sandbox.protocol import Ending, Limits, Program, Sandbox

SECONDS: Final = 3.0
"""Processor time of loading, and of one assertion."""
LIMITS: Final = Limits(wall_s=60.0, cpu_s=10, memory_bytes=1 << 30)
"""What the sandbox allows the whole run. The clock ends what waits for ever, and is generous: on a
busy machine an outcome must not depend on it."""
WANT: Final = {"M": "sandbox_memory", "P": "sandbox_package"}
"""Reasons of unknown outcomes, by the marks of what failed for want of something."""
STOPPED: Final = frozenset((*(f"sandbox_{ending}" for ending in get_args(Ending)), *WANT.values()))
"""Reasons of unknown outcomes: how the sandbox ended a program, or what it did not give it."""
CACHED: Final = 1 << 14
"""Runs remembered: policies write short programs again and again."""
EXIT: Final = "exit"
"""Answer of a program that ended the interpreter."""
_MARKS: Final = re.compile(r"[.FETMP-]*[.ETMP]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of a program."""

    outcome: Outcome
    """Whether it passes its tests; `unknown` if the sandbox stopped it, or lacks what it needs."""
    answer: str | None
    """The marks of its tests (inside_tests.py), `load NAME` or `exit`: one for equal failures."""
    reason: str | None
    """Why the outcome is `unknown`, e.g. `sandbox_timeout`; else null."""


class UnitTests:
    """Runs programs with their tests, as many at once as the sandbox does; for one event loop."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._known: Lru[str, Ran] = Lru(CACHED)

    async def test(self, programs: tuple[str, ...], statement: str, tests: str) -> Ran:
        """Run the first of some programs that loads with the tests.

        Args:
            programs: candidates, the likeliest first; at least one.
            statement: run before each if it is source: it may hold imports and helpers.
            tests: a program that raises if the other is wrong.
        """
        key = content_id("ut", list(programs), statement, tests)
        ran = self._known.get(key)
        if ran is None:
            ran = await self._run(programs, statement, tests)
            self._known.put(key, ran)
        return ran

    async def _run(self, programs: tuple[str, ...], statement: str, tests: str) -> Ran:
        nonce = secrets.token_hex(16)
        asked = {
            "nonce": nonce,
            "statement": statement,
            "programs": programs,
            "tests": tests,
            "seconds": SECONDS,
        }
        program = Program(source=_harness(), stdin=json.dumps(asked))
        result = await self._sandbox.run(program, LIMITS)
        if result.ended != "finished":
            return Ran(outcome="unknown", answer=None, reason=f"sandbox_{result.ended}")
        return read_report(result.stdout, nonce)


def read_report(said: str, nonce: str) -> Ran:
    """Read the report; a program that ended the interpreter before it was written has failed."""
    line = next((line for line in said.split("\n") if line.startswith(nonce)), "")
    try:
        report = json.loads(line.removeprefix(nonce))
        load, marks = report["load"], report["marks"]
    except (ValueError, TypeError, KeyError):
        return Ran(outcome="incorrect", answer=EXIT, reason=None)
    if not isinstance(marks, str) or not _MARKS.fullmatch(marks):
        return Ran(outcome="incorrect", answer=EXIT, reason=None)
    answer = f"load {load[:80]}" if isinstance(load, str) else marks
    if set(marks) & set("FET"):
        return Ran(outcome="incorrect", answer=answer, reason=None)
    wanted = next((reason for mark, reason in WANT.items() if mark in marks), None)
    if wanted is not None:
        return Ran(outcome="unknown", answer=None, reason=wanted)
    right = load is None
    return Ran(outcome="correct" if right else "incorrect", answer=answer, reason=None)


def _harness() -> str:
    return (
        resources.files("stepmark.programs").joinpath("inside_tests.py").read_text(encoding="utf-8")
    )
