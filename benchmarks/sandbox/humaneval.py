"""Runs real completions of HumanEval's problems against their tests."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Iterator
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

    references_passed: float
    """Share of the problems' own reference solutions that pass: 1 where the sandbox is right."""
    runs: int
    """Completions executed."""
    verdicts: dict[str, int]
    """Counts of `passed`, `failed` (it finished otherwise), `hung`, and the sandbox's endings."""
    hung: int
    """Runs that did not end within their limit and some seconds."""
    seconds: float
    """Time for all of them by the clock."""


async def run_completions(data: Path, limit: int | None) -> Report:
    """Run the first `limit` completions, an equal number of each problem; all of them without."""
    problems = {problem["entry_point"]: problem for problem in _rows(data / PROBLEMS)}
    references = [_program(p, p["prompt"], p["canonical_solution"]) for p in problems.values()]
    async with Isolated() as sandbox:
        known_right = await _verdicts(sandbox, references)
        started_s = time.monotonic()
        verdicts = await _verdicts(sandbox, _completions(data, problems, limit))
    return Report(
        references_passed=known_right["passed"] / len(references),
        runs=verdicts.total(),
        verdicts=dict(verdicts.most_common()),
        hung=verdicts["hung"],
        seconds=time.monotonic() - started_s,
    )


async def _verdicts(sandbox: Isolated, sources: Iterable[str]) -> Counter[str]:
    async with asyncio.TaskGroup() as group:
        runs = [group.create_task(_verdict(sandbox, source)) for source in sources]
    return Counter(run.result() for run in runs)


async def _verdict(sandbox: Isolated, source: str) -> str:
    # The last line is known to nobody beforehand: exit(0) is not a pass.
    last_line = secrets.token_hex(8)
    program = Program(source=f"{source}\nprint({last_line!r})\n")
    result = await sandbox.run(program, LIMITS)
    if result.seconds > LIMITS.wall_s + _HUNG_S:
        return "hung"
    if result.ended != "finished":
        return result.ended
    return "passed" if result.stdout.endswith(f"{last_line}\n") else "failed"


def _completions(
    data: Path, problems: dict[str, dict[str, Any]], limit: int | None
) -> Iterator[str]:
    rows = _rows(data / COMPLETIONS)
    each = None if limit is None else -(-limit // len(rows))
    programs = (
        _program(problems[_FUNCTION.findall(row["prompt"])[-1]], row["prompt"], text)
        for row in rows
        for text in row["samples"][:each]
    )
    return itertools.islice(programs, limit)


def _program(problem: dict[str, Any], prompt: str, completion: str) -> str:
    """Return prompt, completion, tests, and the call of the tests."""
    body = _AFTER_THE_FUNCTION.split(completion, maxsplit=1)[0]
    return f"{prompt}{body}\n{problem['test']}\ncheck({problem['entry_point']})"


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
