"""Runs real completions of HumanEval's problems against their tests."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepmark.sandbox.isolated import Isolated
from stepmark.sandbox.protocol import Limits, Program

COMPLETIONS = Path("rollouts/humaneval_codegen16B_100samples.jsonl.gz")
PROBLEMS = Path("problems/HumanEval.jsonl.gz")
LIMITS = Limits(wall_s=20, cpu_s=5)
"""The clock is generous because the machine may be busy; the processor's time decides."""
_HUNG_S = 10.0
"""Seconds beyond the limit after which a run counts as hung."""
_FUNCTION = re.compile(r"^def (\w+)\(", re.MULTILINE)
"""The last one of a prompt is the one to complete; the two files are in different orders."""
_AFTER_THE_FUNCTION = re.compile(r"\n(?:class|def|#|if|print)")
"""Where the completion of a function ends (Codex, arXiv 2107.03374, section 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of the completions."""

    runs: int
    """Completions executed."""
    verdicts: dict[str, int]
    """Counts of `passed`, `failed` (it finished otherwise) and the sandbox's other endings."""
    hung: int
    """Runs that did not end within their limit and some seconds."""
    seconds: float
    """Time for all of them by the clock."""


async def run_completions(data: Path, limit: int | None) -> Report:
    """Run the first `limit` completions, an equal number of each problem; all of them without."""
    verdicts: Counter[str] = Counter()
    hung = 0
    started_s = time.monotonic()
    async with Isolated() as sandbox:

        async def verdict(source: str) -> None:
            nonlocal hung
            # The last line is known to nobody beforehand: exit(0) is not a pass.
            passed = secrets.token_hex(8)
            program = Program(source=f"{source}\nprint({passed!r})\n")
            result = await sandbox.run(program, LIMITS)
            if result.succeeded:
                verdicts["passed" if result.stdout.endswith(f"{passed}\n") else "failed"] += 1
            else:
                verdicts["failed" if result.ended == "finished" else result.ended] += 1
            hung += result.seconds > LIMITS.wall_s + _HUNG_S

        async with asyncio.TaskGroup() as group:
            for source in _sources(data, limit):
                group.create_task(verdict(source))
    return Report(
        runs=verdicts.total(),
        verdicts=dict(verdicts.most_common()),
        hung=hung,
        seconds=time.monotonic() - started_s,
    )


def _sources(data: Path, limit: int | None) -> Iterator[str]:
    """Yield programs: prompt, completion, tests, and the call of the tests."""
    problems = {problem["entry_point"]: problem for problem in _rows(data / PROBLEMS)}
    rows = _rows(data / COMPLETIONS)
    each = None if limit is None else -(-limit // len(rows))
    programs = (
        f"{row['prompt']}{_AFTER_THE_FUNCTION.split(text, maxsplit=1)[0]}\n"
        f"{problems[entry_point]['test']}\ncheck({entry_point})"
        for row in rows
        for entry_point in _FUNCTION.findall(row["prompt"])[-1:]
        for text in row["samples"][:each]
    )
    for number, program in enumerate(programs):
        if limit is not None and number >= limit:
            return
        yield program


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
