"""The grader: three outcomes for a completion, each `unknown` with the reason why.

Reasons: `no_sandbox` (there is none to run code in), `sandbox_timeout`, `sandbox_memory`,
`sandbox_output` and `sandbox_killed` (it had to stop a program, or had no memory for it),
`sandbox_package` (it does not offer one that is imported), `no_tests`, `no_reference`,
`failed` (the engine gave up), `empty` (nothing was written), `cut_by_length` (cut before an answer
was complete), `ambiguous_answer` (a closing sentence with several numbers), `not_comparable` (no
stage can tell),
`grading_timeout` and `grading_failed` (the symbolic worker ran over time, or died).

A completion cut by length is graded only by an explicit statement that was complete before the
cut: a closed box or a finished line. What the model would have written after it is not known, but
an answer given so is rarely taken back, and calling it unknown would drop every base model that
runs on past its answer.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple, Self

from pebble import ProcessExpired

from stepmark.errors import GradingError, ProcessesError
from stepmark.grading.choice import read_letter
from stepmark.grading.compare import compare
from stepmark.grading.exact import read_quantity
from stepmark.grading.extract import extract
from stepmark.grading.normalise import normalise
from stepmark.grading.pool import Question, SymbolicPool
from stepmark.grading.structure import Told
from stepmark.programs import UnitTests
from stepmark.programs.extract import find_program
from stepmark.records import Kind, Outcome, Problem
from stepmark.sandbox.protocol import Sandbox

_NAME = re.compile(r"[A-Za-z][A-Za-z'-]*(?: [A-Za-z'-]+){0,3}")
_CACHED = 1 << 16
_ENDED = frozenset(("stop", "given"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """What a completion is worth."""

    outcome: Outcome
    """Whether its final answer equals the reference."""
    answer: str | None
    """The final answer as written; null if none was found."""
    reason: str | None
    """Why the outcome is `unknown`; null otherwise."""


class _Decision(NamedTuple):
    """A verdict on a pair of answers; a reason iff it is untold."""

    told: Told
    reason: str | None


class Grader:
    """Grades completions; owns the workers for hard answers, so close it (or use `async with`)."""

    def __init__(
        self, *, workers: int = 1, cpu_s: float = 5.0, sandbox: Sandbox | None = None
    ) -> None:
        """Start nothing yet: the first hard answer starts `workers` processes.

        `sandbox` is where programs are run; without one they are `unknown`.
        """
        self._unit_tests = None if sandbox is None else UnitTests(sandbox)
        self._pool = SymbolicPool(workers=workers, cpu_s=cpu_s)
        self._decided: OrderedDict[tuple[str, str], _Decision] = OrderedDict()
        self._lock = threading.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Kill the worker processes; closing twice is harmless."""
        self._pool.close()

    async def grade(self, text: str, finish_reason: str, problem: Problem) -> Grade:
        """Grade a completion by its final answer, or its program by the problem's tests.

        Raises:
            GradingError: if the grader is closed or its workers cannot start.
            SandboxError: if programs cannot be run.
        """
        if problem.kind == "code":
            return await self._grade_program(text, finish_reason, problem)
        reason = _ungradable(text, finish_reason, problem)
        if reason is not None or problem.reference is None:
            return Grade(outcome="unknown", answer=None, reason=reason)
        ended = finish_reason in _ENDED
        found = extract(text, problem.kind, ended=ended)
        if found.answer is None:
            return _without_answer(ended=ended, ambiguous=found.ambiguous)
        decision = await self._decide(found.answer, problem.reference, problem.kind)
        return Grade(outcome=_outcome(decision), answer=found.answer, reason=decision.reason)

    async def _grade_program(self, text: str, finish_reason: str, problem: Problem) -> Grade:
        reason = _ungradable(text, finish_reason, problem)
        if reason is None and self._unit_tests is None:
            reason = "no_sandbox"
        if reason is not None or self._unit_tests is None or problem.tests is None:
            return Grade(outcome="unknown", answer=None, reason=reason)
        found = find_program(text, problem.statement, problem.tests)
        ended = finish_reason in _ENDED
        if not found.programs or not (ended or found.closed):
            return _without_answer(ended=ended, ambiguous=False)
        tested = await self._unit_tests.test(found.programs, problem.statement, problem.tests)
        return Grade(outcome=tested.outcome, answer=tested.answer, reason=tested.reason)

    async def equivalent(self, answer: str, reference: str, kind: Kind) -> bool | None:
        """Return whether two answers are equal, or None if that could not be told."""
        if kind == "code":
            return None
        told = (await self._decide(answer, reference, kind)).told
        return None if told == "untold" else told == "same"

    async def rejects_reference(self, problem: Problem) -> str | None:
        """Return why answers cannot be graded by this reference, or None if they can.

        `no_tests`, `no_reference`, `empty_reference`, `unreadable_reference`, `grading_timeout`,
        `grading_failed`, `reference_fails_tests`. For `math` the reference must equal itself by
        value, not by its text; for `code` it must pass the tests where there is one and a sandbox.
        """
        reason = _unusable(problem)
        if problem.kind == "code" and problem.reference and reason is None:
            grade = await self._grade_program(problem.reference, "given", problem)
            return "reference_fails_tests" if grade.outcome == "incorrect" else None
        if reason is not None or problem.reference is None or problem.kind != "math":
            return reason
        if _plainly_readable(problem.reference):
            return None
        decision = await self._ask("readable", problem.reference, problem.reference)
        if decision.told == "same":
            return None
        return "unreadable_reference" if decision.reason == "not_comparable" else decision.reason

    async def _decide(self, answer: str, reference: str, kind: Kind) -> _Decision:
        told = compare(answer, reference, kind)
        if told == "ask":
            return await self._decide_slowly(answer, reference)
        return _Decision(told, "not_comparable" if told == "untold" else None)

    async def _decide_slowly(self, answer: str, reference: str) -> _Decision:
        key = (normalise(answer), normalise(reference))
        with self._lock:
            decided = self._decided.get(key)
            if decided is not None:
                self._decided.move_to_end(key)
                return decided
        decision = await self._ask("compare", *key)
        with self._lock:
            self._decided[key] = decision
            if len(self._decided) > _CACHED:
                self._decided.popitem(last=False)
        return decision

    async def _ask(self, question: Question, answer: str, reference: str) -> _Decision:
        try:
            reply = await self._pool.reply(question, answer, reference)
        except TimeoutError:
            return _Decision("untold", "grading_timeout")
        except ProcessExpired:
            return _Decision("untold", "grading_failed")
        except ProcessesError as error:
            raise GradingError(f"Symbolic grading cannot go on. {error}") from error
        if reply == "failed":
            return _Decision("untold", "grading_failed")
        return _Decision(reply, "not_comparable" if reply == "untold" else None)


def _ungradable(text: str, finish_reason: str, problem: Problem) -> str | None:
    if problem.kind == "code":
        if problem.tests is None:
            return "no_tests"
    elif problem.reference is None or not problem.reference.strip():
        return "no_reference"
    if finish_reason not in _ENDED and finish_reason != "length":
        return "failed"
    if not text.strip():
        return "empty" if finish_reason in _ENDED else "cut_by_length"
    return None


def _unusable(problem: Problem) -> str | None:
    if problem.kind == "code":
        return None if problem.tests else "no_tests"
    if problem.reference is None:
        return "no_reference"
    if not normalise(problem.reference):
        return "empty_reference"
    if problem.kind == "choice" and read_letter(problem.reference) is None:
        return "unreadable_reference"
    return None


def _without_answer(*, ended: bool, ambiguous: bool) -> Grade:
    if not ended:
        return Grade(outcome="unknown", answer=None, reason="cut_by_length")
    if ambiguous:
        return Grade(outcome="unknown", answer=None, reason="ambiguous_answer")
    return Grade(outcome="incorrect", answer=None, reason=None)


def _outcome(decision: _Decision) -> Outcome:
    if decision.told == "untold":
        return "unknown"
    return "correct" if decision.told == "same" else "incorrect"


def _plainly_readable(reference: str) -> bool:
    """Whether a reference is a number, or a name or word that only its text can be matched with."""
    text = normalise(reference)
    return read_quantity(text) is not None or _NAME.fullmatch(text) is not None
