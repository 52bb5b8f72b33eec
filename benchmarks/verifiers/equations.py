"""The equation verifier against human first errors, and its speed.

Tuned on the first half of each file, reported on the second and on the whole. ProcessBench's GSM8K
file has nearly all its wrong solutions in the first half, so its second half says little. Solutions
of BIG-Bench-Mistake whose answer is wrong though no step is marked (or the reverse) contradict
themselves; figures without them stand beside those of all.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from annotators.verifiers.equations import Equations
from annotators.verifiers.tools import Tools, warm_up
from benchmarks.verifiers import baseline
from benchmarks.verifiers.gold import FILES, measured
from stepmark.equations import check
from stepmark.equations.symbolic import compare
from stepmark.equations.trees import Function, Number, Operation, Tree
from stepmark.gold import Gold, read_gold
from stepmark.processes import Processes
from stepmark.records import Finding, Problem, Solution

SYMBOLIC_CALLS = 60
CONTRADICTING = "multistep_arithmetic"
"""The file with solutions of which no step is called wrong and the answer is, or the reverse."""


def measure(data: Path) -> dict[str, Any]:
    """Return the figures of every file of `data / "gold"`, and the speed."""
    figures: dict[str, Any] = {}
    for name, file in FILES.items():
        figures[name] = _file(name, read_gold(data / "gold" / file))
    gsm8k = read_gold(data / "gold" / FILES["processbench_gsm8k"])
    figures["steps_per_s"] = _steps_per_s(gsm8k)
    figures["symbolic_ms"] = _symbolic_ms()
    return figures


def _file(name: str, gold: Sequence[Gold]) -> dict[str, Any]:
    half = len(gold) // 2
    found = asyncio.run(_findings(gold))
    verdicts = [[finding.verdict for finding in each] for each in found]
    plain = [[baseline.verdict(step) for step in one.steps] for one in gold]
    figures = {
        "second_half": measured(gold[half:], verdicts[half:]),
        "whole": measured(gold, verdicts),
        "regular_expression": measured(gold, plain),
    }
    if name == CONTRADICTING:
        consistent = [place for place, one in enumerate(gold) if _is_consistent(one)]
        chosen = [place for place in consistent if place >= half]
        figures["second_half_consistent"] = _chosen(gold, verdicts, chosen)
        figures["whole_consistent"] = _chosen(gold, verdicts, consistent)
    print(name)
    for part, each in figures.items():
        print(f"  {part}: {json.dumps(each)}")
    for one, findings in zip(gold, found, strict=True):
        _print_if_before(one, findings)
    return figures


def _is_consistent(one: Gold) -> bool:
    return (one.first_error is None) == one.answer_correct


def _chosen(gold: Sequence[Gold], verdicts: Sequence[Any], places: Sequence[int]) -> dict[str, Any]:
    return measured([gold[place] for place in places], [verdicts[place] for place in places])


def _print_if_before(one: Gold, findings: Sequence[Finding]) -> None:
    """Print a step called incorrect before the human's first error, to be looked at by a person."""
    first = next((each for each in findings if each.verdict == "incorrect"), None)
    if first is not None and (one.first_error is None or first.step < one.first_error):
        print(f"  {one.id}: human {one.first_error}, step {first.step}: {first.evidence}")


async def _findings(gold: Sequence[Gold]) -> list[tuple[Finding, ...]]:
    verifier = Equations(method="equations")
    processes = Processes(cpu_s=5.0, start=warm_up)
    tools = Tools(processes=processes, policies={})
    try:
        return [await verifier.check(_problem(one), _solution(one), tools) for one in gold]
    finally:
        processes.close()


def _problem(one: Gold) -> Problem:
    return Problem(
        id="pb_0",
        statement=one.problem,
        reference=None,
        tests=None,
        kind="math",
        source="gold",
        line=1,
        source_id=one.id,
    )


def _solution(one: Gold) -> Solution:
    return Solution(
        id=one.id,
        problem_id="pb_0",
        policy="given",
        step_policies=("given",) * len(one.steps),
        request="",
        draw=0,
        lead="",
        steps=one.steps,
        tail="",
        answer=None,
        outcome="unknown",
        outcome_reason=None,
        finish_reason="given",
        prompt_tokens=0,
        completion_tokens=0,
        solve_rate=None,
        difficulty=None,
    )


def _steps_per_s(gold: Sequence[Gold]) -> int:
    """Return steps a second of one core, by processor time: others share the machine."""
    steps = [step for one in gold for step in one.steps]
    began = time.process_time()
    for step in steps:
        check(step)
    return round(len(steps) / (time.process_time() - began))


def _symbolic_ms() -> float:
    """Return milliseconds of one question to computer algebra: √(2k) · √2 = 2√k."""
    compare(Number(Fraction(1)), Number(Fraction(1)))
    began = time.process_time()
    for k in range(3, 3 + SYMBOLIC_CALLS):
        left: Tree = Operation("*", _root(2 * k), _root(2))
        compare(left, Operation("*", Number(Fraction(2)), _root(k)))
    return round((time.process_time() - began) / SYMBOLIC_CALLS * 1000, 2)


def _root(number: int) -> Tree:
    return Function("sqrt", Number(Fraction(number)))
