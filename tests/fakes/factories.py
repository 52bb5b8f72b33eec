"""Values and fakes that tests arrange their worlds with."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from annotators.monte_carlo import MonteCarlo
from annotators.probes import Exhaustive, Probe
from annotators.rules import Hard, Rule
from stepmark.counts import Tally
from stepmark.draws import Draw
from stepmark.engines.protocol import Completion, Message, Prompt, Request, Sampling
from stepmark.grading import Grade
from stepmark.ids import content_id
from stepmark.policy import PolicyIdentity
from stepmark.records import Annotation, Outcome, Problem, Review, Rollout, Solution, StepLabel
from stepmark.reviews import steps_id

Result = TypeVar("Result")

PATIENCE_S = 20
"""When a test that waits for ever is called hung."""


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, or fail if it hangs."""

    async def patient() -> Result:
        return await asyncio.wait_for(work, PATIENCE_S)

    return asyncio.run(patient())


def a_problem(statement: str = "What is 6 × 7?", **changes: Any) -> Problem:
    values: dict[str, Any] = {
        "id": content_id("pb", statement),
        "statement": statement,
        "reference": "42",
        "tests": None,
        "kind": "math",
        "source": "problems.jsonl",
        "line": 1,
        "source_id": None,
    }
    return Problem(**values | changes)


def a_solution(
    steps: int | Sequence[str] = 3,
    *,
    outcome: Outcome = "incorrect",
    problem: Problem | None = None,
    **changes: Any,
) -> Solution:
    texts = (
        tuple(f"Step {i + 1}.\n" for i in range(steps)) if isinstance(steps, int) else tuple(steps)
    )
    problem_id = (problem or a_problem()).id
    values: dict[str, Any] = {
        "id": content_id("so", problem_id, "".join(texts), outcome, 0),
        "problem_id": problem_id,
        "policy": "po_0",
        "step_policies": ("po_0",) * len(texts),
        "request": content_id("rq", problem_id),
        "draw": 0,
        "lead": "",
        "steps": texts,
        "tail": "",
        "answer": {"correct": "42", "incorrect": "41", "unknown": None}[outcome],
        "outcome": outcome,
        "outcome_reason": "cut_by_length" if outcome == "unknown" else None,
        "finish_reason": "length" if outcome == "unknown" else "stop",
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "solve_rate": 0.5,
        "difficulty": 2,
    }
    return Solution(**values | changes)


def a_review(
    solution: Solution,
    first_error: int | None = None,
    *,
    reviewer: str = "ann",
    reason: str | None = None,
    **changes: Any,
) -> Review:
    """A review that names a first error, or none, or gives the reason why it cannot tell."""
    values: dict[str, Any] = {
        "solution_id": solution.id,
        "steps": steps_id(solution.steps),
        "reviewer": reviewer,
        "says": "unknown" if reason else "correct" if first_error is None else "incorrect",
        "first_error": first_error,
        "reason": reason,
        "note": "",
    }
    return Review(**values | changes)


def a_rollout(
    solution: Solution, position: int, draw: int, outcome: Outcome, *, own: bool = False
) -> Rollout:
    return Rollout(
        problem_id=solution.problem_id,
        solution_id=solution.id,
        position=position,
        reach=position,
        request=content_id("rq", solution.problem_id, solution.prefix(position)),
        draw=draw,
        outcome=outcome,
        reason="cut_by_length" if outcome == "unknown" else None,
        answer=solution.answer if own else None,
        own=own,
        prompt_tokens=10 if draw == 0 else 0,
        completion_tokens=5,
    )


def rollouts_of(solution: Solution, tallies: Mapping[int, Tally]) -> tuple[Rollout, ...]:
    """Return rollouts that add up to these tallies by position."""
    return tuple(
        a_rollout(solution, position, draw, outcome, own=own)
        for position, tally in sorted(tallies.items())
        for draw, (outcome, own) in enumerate(_ends(tally))
    )


def _ends(tally: Tally) -> Iterator[tuple[Outcome, bool]]:
    for _ in range(tally.correct):
        yield "correct", False
    for draw in range(tally.incorrect):
        yield "incorrect", draw < tally.own
    for _ in range(tally.unknown):
        yield "unknown", False


def a_label(**changes: Any) -> StepLabel:
    values: dict[str, Any] = {
        "verdict": "correct",
        "value": 1.0,
        "correct": 8,
        "incorrect": 0,
        "unknown": 0,
        "interpolated": False,
        "reason": None,
    }
    return StepLabel(**values | changes)


def an_annotation(labels: Sequence[StepLabel] = (), **changes: Any) -> Annotation:
    values: dict[str, Any] = {
        "solution_id": "so_1",
        "problem_id": "pb_1",
        "annotator": "mc",
        "semantics": "potential",
        "labels": tuple(labels),
        "first_error": None,
        "bracketed": None,
        "reason": None,
        "rollouts": 8,
        "requests": 1,
        "prompt_tokens": 10,
        "completion_tokens": 40,
    }
    return Annotation(**values | changes)


def a_completion(draw: int = 0, text: str = "It is 42.", **changes: Any) -> Completion:
    values: dict[str, Any] = {
        "draw": draw,
        "text": text,
        "finish_reason": "stop",
        "prompt_tokens": 7,
        "completion_tokens": len(text.split()),
    }
    return Completion(**values | changes)


def a_request(draws: Sequence[int] = (0,), text: str = "What is 6 × 7?") -> Request:
    prompt = Prompt(messages=(Message(role="user", content=text),))
    problem_id = content_id("pb", text)
    return Request(problem_id=problem_id, prompt=prompt, sampling=Sampling(), draws=tuple(draws))


def an_identity(**changes: Any) -> PolicyIdentity:
    values: dict[str, Any] = {
        "model": "fake",
        "revision": None,
        "dtype": None,
        "template": None,
        "continuation": "completions",
    }
    return PolicyIdentity(**values | changes)


def a_monte_carlo(
    probe: Probe | None = None, rule: Rule | None = None, **changes: Any
) -> MonteCarlo:
    return MonteCarlo(
        method="monte_carlo",
        policy="solver",
        probe=probe or Exhaustive(method="exhaustive"),
        rule=rule or Hard(method="hard"),
        **changes,
    )


class FakeSource:
    """Tallies for probes: stated ones by position, or drawn from a success chance by position."""

    def __init__(
        self,
        tallies: Mapping[int, Tally] | None = None,
        chances: Sequence[float] = (),
        seed: int = 0,
    ) -> None:
        self._tallies = tallies or {}
        self._chances = chances
        self._rng = random.Random(seed)
        self.asked: list[tuple[int, int]] = []
        """(position, draws), in order."""

    @property
    def positions(self) -> list[int]:
        """Positions asked, in order."""
        return [position for position, _ in self.asked]

    async def tally(self, position: int, draws: int) -> Tally:
        self.asked.append((position, draws))
        if position in self._tallies:
            return self._tallies[position]
        correct = sum(self._rng.random() < self._chances[position] for _ in range(draws))
        return Tally(correct=correct, incorrect=draws - correct)


class FakeEngine:
    """Writes a text that is a function of prompt and draw alone, and notes what it was asked.

    `leaves_out(call, draw)` says which draws a call does not deliver, `fails(call)` gives the error
    of a call or None; calls count from 0. While `gate` is closed, calls wait in front of it.
    """

    def __init__(
        self,
        *,
        leaves_out: Callable[[int, int], bool] = lambda call, draw: False,
        fails: Callable[[int], Exception | None] = lambda call: None,
        gate: asyncio.Event | None = None,
        writes: Callable[[Request, int], Completion] | None = None,
    ) -> None:
        self._leaves_out = leaves_out
        self._fails = fails
        self._gate = gate
        self._writes = writes or (
            lambda request, draw: a_completion(
                draw, f"{content_id('t', request.prompt.as_json())} {draw}"
            )
        )
        self.asked: list[Request] = []

    @property
    def draws(self) -> list[tuple[int, ...]]:
        """Draws of every call, in order."""
        return [request.draws for request in self.asked]

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        call = len(self.asked)
        self.asked.append(request)
        if self._gate is not None:
            await self._gate.wait()
        error = self._fails(call)
        if error is not None:
            raise error
        return tuple(
            replace(self._writes(request, draw), draw=draw)
            for draw in request.draws
            if not self._leaves_out(call, draw)
        )


class FakeGrader:
    """Right if the text holds `42`, wrong if it holds 40 or 41, else unknown."""

    def __init__(self) -> None:
        self.graded: list[tuple[str, str]] = []
        """(text, finish reason), in order."""

    async def grade(self, text: str, finish_reason: str, problem: Problem) -> Grade:
        self.graded.append((text, finish_reason))
        if finish_reason == "failed":
            return Grade(outcome="unknown", answer=None, reason="failed")
        if "42" in text:
            return Grade(outcome="correct", answer="42", reason=None)
        for wrong in ("41.0", "41", "40"):
            if wrong in text:
                return Grade(outcome="incorrect", answer=wrong, reason=None)
        return Grade(outcome="unknown", answer=None, reason="cut_by_length")


def a_draw(draw: int = 0, text: str = "It is 42.", **changes: Any) -> Draw:
    outcome = changes.get("outcome", "correct")
    values: dict[str, Any] = {
        "request": "rq_0",
        "draw": draw,
        "text": text,
        "outcome": outcome,
        "reason": "cut_by_length" if outcome == "unknown" else None,
        "answer": {"correct": "42", "incorrect": "41", "unknown": None}[outcome],
        "finish_reason": "length" if outcome == "unknown" else "stop",
        "prompt_tokens": 7,
        "completion_tokens": len(text.split()),
    }
    return Draw(**values | changes)
