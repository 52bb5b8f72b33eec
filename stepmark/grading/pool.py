"""Symbolic grading in worker processes (stepmark/processes.py)."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Literal

from stepmark.grading import symbolic
from stepmark.grading.structure import Told
from stepmark.processes import Processes

Question = Literal["compare", "readable"]
Reply = Told | Literal["failed"]


class SymbolicPool:
    """Asks a worker whether two answers are equal; safe to use from several threads."""

    def __init__(self, *, workers: int, cpu_s: float) -> None:
        self._processes = Processes(workers=workers, cpu_s=cpu_s, start=_start_worker)

    def ask(self, question: Question, answer: str, reference: str) -> Future[Reply]:
        """Return a future of the verdict; equal questions under way share one."""
        return self._processes.ask(_answer, question, answer, reference)

    async def reply(self, question: Question, answer: str, reference: str) -> Reply:
        """Return the verdict; raises as `Processes.run` does."""
        return await self._processes.run(_answer, question, answer, reference)

    def close(self) -> None:
        """Kill the workers; questions under way end with an error."""
        self._processes.close()


def _start_worker() -> None:
    symbolic.warm_up()


def _answer(question: Question, answer: str, reference: str) -> Reply:
    try:
        if question == "readable":
            return "same" if symbolic.readable(reference) else "untold"
        return symbolic.compare_symbolic(answer, reference)
    except Exception:  # noqa: BLE001 - whatever algebra trips over is this pair's, not the pool's
        return "failed"
