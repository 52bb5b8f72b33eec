"""What the sandbox holds, and what it costs.

    python -m benchmarks.sandbox --humaneval 16400

Runs the hostile programs of `benchmarks/sandbox/hostile` as who you are and, when that is root, as
an ordinary user too; then times a run that waits for its start (cold) and one that does not (warm);
then executes real completions of HumanEval from the data folder. The last line is JSON. It ends
with code 1 when anything escaped, came late or hung.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.sandbox.hostile import Attempt, attempts
from benchmarks.sandbox.humaneval import run_completions
from stepmark.sandbox.box import Box
from stepmark.sandbox.protocol import Limits, Program

_ORDINARY: dict[str, Any] = {"user": 60577, "group": 60577, "extra_groups": ()}
"""A user that nobody is given."""
_ROOT = Path(__file__).parents[2]
_SYSTEM_PYTHON = "/usr/bin/python3"


def main() -> int:
    """Measure and print."""
    options = _options()
    if options.only_attempts:
        print(json.dumps([dataclasses.asdict(each) for each in asyncio.run(attempts())]))
        return 0
    tried = {_whoami(): asyncio.run(attempts())}
    if os.getuid() == 0:
        tried["an ordinary user"] = _as_ordinary_user()
    for who, list_ in tried.items():
        _print(who, list_)
    every = [attempt for list_ in tried.values() for attempt in list_]
    cold_ms, warm_ms = asyncio.run(_times_ms(options.times))
    figures = {
        "programs": len(tried[_whoami()]),
        "run_as": list(tried),
        "escaped": sum(bool(attempt.escapes) for attempt in every),
        "late": sum(attempt.late for attempt in every),
        "other_ending": sum(not attempt.expected for attempt in every),
        "cold_ms": round(cold_ms, 1),
        "warm_ms": round(warm_ms, 1),
    }
    if options.humaneval != 0:
        report = asyncio.run(run_completions(options.data, options.humaneval))
        figures |= {
            "humaneval_runs": report.runs,
            "hung": report.hung,
            "references_passed": report.references_passed,
            "verdicts": report.verdicts,
            "runs_per_s": round(report.runs / report.seconds, 1),
        }
    print(json.dumps(figures))
    return int(any(figures.get(name) for name in ("escaped", "late", "hung")))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.sandbox")
    parser.add_argument(
        "--humaneval", type=int, metavar="N", help="completions to run (all; 0 for none)"
    )
    parser.add_argument("--times", type=int, default=50, help="runs that are timed (50)")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="data folder")
    parser.add_argument("--only-attempts", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _whoami() -> str:
    return "root" if os.getuid() == 0 else "a user"


def _as_ordinary_user() -> list[Attempt]:
    """Run the attempts in a process without root's rights.

    Its interpreter must be one that everybody may read, with the packages of this one.
    """
    packages = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": f"{_ROOT}{os.pathsep}{packages.resolve()}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [_readable_python(), "-m", "benchmarks.sandbox", "--only-attempts"]
    done = subprocess.run(
        command,
        cwd=_ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        **_ORDINARY,
    )
    return [
        Attempt(**{**each, "escapes": tuple(each["escapes"])}) for each in json.loads(done.stdout)
    ]


def _readable_python() -> str:
    """Return this interpreter, or the system's where an ordinary user may not read this one."""
    for python in (str(Path(sys.executable).resolve()), _SYSTEM_PYTHON):
        with contextlib.suppress(PermissionError):
            subprocess.run([python, "-c", ""], check=True, cwd="/", **_ORDINARY)
            return python
    raise SystemExit(
        f"No interpreter that an ordinary user may read: neither {sys.executable} nor "
        f"{_SYSTEM_PYTHON}. Run this benchmark as an ordinary user instead."
    )


def _print(who: str, tried: list[Attempt]) -> None:
    print(f"as {who}:")
    for attempt in tried:
        notes = [*attempt.escapes, *(["late"] * attempt.late)]
        notes += [] if attempt.expected else ["not the ending it should have"]
        print(f"  {attempt.name:20} {attempt.ended:9} {attempt.seconds:5.2f} s  {', '.join(notes)}")


async def _times_ms(times: int) -> tuple[float, float]:
    """Return the median milliseconds of a run with its start, and of one started earlier."""
    program, limits = Program(source="print(1 + 1)"), Limits()
    cold, warm = [], []
    for _ in range(times):
        began_s = time.monotonic()
        box = await Box.start(())
        ready_s = time.monotonic()
        await box.run(program, limits)
        ended_s = time.monotonic()
        cold.append(1000 * (ended_s - began_s))
        warm.append(1000 * (ended_s - ready_s))
    return statistics.median(cold), statistics.median(warm)


if __name__ == "__main__":
    sys.exit(main())
