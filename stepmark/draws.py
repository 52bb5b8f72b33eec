"""Graded draws of a prefix: bought, or found in the ledger, and graded against the problem.

Probes and searches get them by prefix and never see prompts, engines or graders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stepmark.engines.protocol import Completion, Request, Sampling
from stepmark.errors import EngineDown, EngineError
from stepmark.grading import Grade, Grader, same_answer, takes_back
from stepmark.policy import Policy
from stepmark.prompts import SolvePrompt
from stepmark.purchase import UNDELIVERED
from stepmark.records import Outcome, Problem, Rollout, Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A completion of a prefix, graded together with it."""

    request: str
    """Ledger address of the prompt (`rq_…`)."""
    draw: int
    """Index at that address, from 0."""
    text: str
    """What was written after the prefix; empty if nothing was delivered."""
    outcome: Outcome
    """Whether its final answer equals the reference."""
    reason: str | None
    """Why the outcome is `unknown`; else null."""
    answer: str | None
    """The final answer it reached; null if there is none."""
    finish_reason: str
    """What ended it: `stop`, `length` or `failed`."""
    prompt_tokens: int
    """Tokens of the prompt."""
    completion_tokens: int
    """Tokens of the completion."""


class Draws:
    """The draws of one problem's prefixes under one policy and one way of sampling."""

    def __init__(
        self,
        *,
        problem: Problem,
        policy: Policy,
        ask: SolvePrompt,
        sampling: Sampling,
        grader: Grader,
    ) -> None:
        self.problem = problem
        self._policy = policy
        self._messages = ask.messages(problem.statement)
        self._sampling = sampling
        self._grader = grader

    def address(self, prefix: str) -> str:
        """Return the address (`rq_…`) that a prefix's draws are kept under."""
        return self._policy.purchase.address(self._request(prefix, ()))

    async def draws(self, prefix: str, count: int) -> tuple[Draw, ...]:
        """Return the first `count` draws of a prefix."""
        return await self.numbered(prefix, range(count))

    async def numbered(self, prefix: str, indices: Sequence[int]) -> tuple[Draw, ...]:
        """Return the draws with these indices, one each; what cannot be had is `unknown`.

        Raises:
            EngineDown: nobody answers, so that going on makes no sense.
        """
        address = self.address(prefix)
        reason = UNDELIVERED
        try:
            request = self._request(prefix, tuple(indices))
            delivered = {c.draw: c for c in await self._policy.purchase.generate(request)}
        except EngineDown:
            raise
        except EngineError as error:
            delivered, reason = {}, error.reason
        return tuple(
            [
                await self._graded(delivered[draw], prefix, address)
                if draw in delivered
                else _undelivered(address, draw, reason)
                for draw in indices
            ]
        )

    def _request(self, prefix: str, indices: tuple[int, ...]) -> Request:
        """Return what is asked; the bare problem is put as solutions are sampled."""
        sampling = replace(self._sampling, logprobs=False) if prefix else self._sampling
        return Request(
            problem_id=self.problem.id,
            prompt=self._policy.prompt(self._messages, prefix),
            sampling=sampling,
            draws=indices,
        )

    async def _graded(self, completion: Completion, prefix: str, address: str) -> Draw:
        """Grade a completion with its prefix; one that was cut by what it states itself.

        An answer in the prefix is the solution's, and nobody knows where the draw was going. Only a
        program is whole with its prefix alone. A draw that ends on another number than its prefix
        states is unknown.
        """
        text, ended = completion.text, completion.finish_reason
        if ended != "length" or self.problem.kind == "code":
            text = prefix + text
        grade = await self._grader.grade(text, ended, self.problem)
        if grade.answer and takes_back(prefix, completion.text, grade.answer, self.problem.kind):
            grade = Grade(outcome="unknown", answer=None, reason="ambiguous_answer")
        return Draw(
            request=address,
            draw=completion.draw,
            text=completion.text,
            outcome=grade.outcome,
            reason=completion.reason or grade.reason,
            answer=grade.answer,
            finish_reason=ended,
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
        )


def rollout_of(draw: Draw, problem: Problem, solution: Solution, position: int) -> Rollout:
    """Return a draw from one of a solution's prefixes as evidence about that solution."""
    return Rollout(
        problem_id=problem.id,
        solution_id=solution.id,
        position=position,
        reach=solution.reach(solution.prefix(position) + draw.text, position),
        request=draw.request,
        draw=draw.draw,
        outcome=draw.outcome,
        reason=draw.reason,
        answer=draw.answer,
        own=draw.outcome == "incorrect" == solution.outcome
        and same_answer(draw.answer, solution.answer, problem.kind),
        prompt_tokens=draw.prompt_tokens,
        completion_tokens=draw.completion_tokens,
    )


def prompt_counted_once(rollouts: Sequence[Rollout]) -> tuple[Rollout, ...]:
    """Return rollouts of one request, its prompt's tokens on the first that has any only."""
    paid = next((r for r in rollouts if r.prompt_tokens), None)
    return tuple(r if r is paid else replace(r, prompt_tokens=0) for r in rollouts)


def _undelivered(address: str, draw: int, reason: str) -> Draw:
    return Draw(
        request=address,
        draw=draw,
        text="",
        outcome="unknown",
        reason=reason,
        answer=None,
        finish_reason="failed",
        prompt_tokens=0,
        completion_tokens=0,
    )
