"""The sampler: rollouts from the prefixes of one solution, bought, graded and counted.

Probes ask it for evidence and never see prompts, engines or graders.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

from stepmark.counts import Passage, Tally
from stepmark.engines.protocol import Completion, Request, Sampling
from stepmark.errors import EngineDown, EngineError, StorageError
from stepmark.grading import Grader, same_answer
from stepmark.policy import Policy
from stepmark.prompts import SolvePrompt
from stepmark.purchase import UNDELIVERED
from stepmark.records import Problem, Rollout, Solution
from stepmark.tokens import by_step


class Sampler:
    """Rollouts of one solution. Each position's draws are numbered; asking again costs nothing."""

    def __init__(
        self,
        *,
        problem: Problem,
        solution: Solution,
        policy: Policy,
        ask: SolvePrompt,
        sampling: Sampling,
        grader: Grader,
    ) -> None:
        self._problem = problem
        self._solution = solution
        self._policy = policy
        self._messages = ask.messages(problem.statement)
        self._sampling = sampling
        self._grader = grader
        self._rollouts: dict[int, dict[int, Rollout]] = {}

    @property
    def rollouts(self) -> tuple[Rollout, ...]:
        """Everything drawn so far, by position and draw index."""
        return tuple(
            by_draw[draw]
            for _, by_draw in sorted(self._rollouts.items())
            for draw in sorted(by_draw)
        )

    def passages(self) -> tuple[Passage, ...]:
        """Return what all draws so far did at each of the solution's steps."""
        steps = len(self._solution.steps)
        again = [0] * steps
        left: list[list[Rollout]] = [[] for _ in range(steps)]
        for rollout in self.rollouts:
            for step in range(rollout.position, rollout.reach):
                again[step] += 1
            if rollout.reach < steps:
                left[rollout.reach].append(rollout)
        return tuple(Passage(n, count(its)) for n, its in zip(again, left, strict=True))

    async def tally(self, position: int, draws: int) -> Tally:
        """Return how at least `draws` rollouts from the prefix of `position` steps ended.

        The whole solution needs none: the prefix that is complete is judged by its own answer.
        At position 0 the draw that wrote the solution is skipped: it is no evidence about it.
        """
        if position == len(self._solution.steps):
            return own_outcome(self._solution)
        request = self._request(position)
        address = self._policy.purchase.address(request)
        taken = self._rollouts.setdefault(position, {})
        wanted = self._indices(address, draws)
        new = tuple(draw for draw in wanted if draw not in taken)
        if new:
            await self._draw(request, address, position, new)
        return count(taken[draw] for draw in wanted)

    async def logprobs(self) -> tuple[tuple[float, ...], ...]:
        """Return the natural log-probabilities of the tokens of each step (stepmark/tokens.py).

        Raises:
            StorageError: the ledger does not have the solution's own draw, or has it without them.
        """
        solution = self._solution
        own = self._policy.purchase.kept(self._problem.id, solution.request, solution.draw)
        if own is None or own.logprobs is None or own.token_starts is None:
            raise StorageError(
                f"The ledger does not say how likely the tokens of the solution {solution.id} were "
                f"(draw {solution.draw} of {solution.request}). Use the ledger that it was bought "
                "into and a server that returns log-probabilities with the texts of the tokens, "
                "and start clean with --replace."
            )
        return by_step(own.logprobs, own.token_starts, solution)

    def _request(self, position: int) -> Request:
        """Return what is asked at a position; the bare problem is put as solutions are sampled."""
        prompt = self._policy.prompt(self._messages, self._solution.prefix(position))
        sampling = self._sampling if position == 0 else replace(self._sampling, logprobs=False)
        return Request(problem_id=self._problem.id, prompt=prompt, sampling=sampling, draws=())

    def _indices(self, address: str, draws: int) -> tuple[int, ...]:
        own = self._solution.draw if address == self._solution.request else -1
        return tuple(itertools.islice((i for i in itertools.count() if i != own), draws))

    async def _draw(
        self, request: Request, address: str, position: int, draws: tuple[int, ...]
    ) -> None:
        order = Request(
            problem_id=request.problem_id,
            prompt=request.prompt,
            sampling=request.sampling,
            draws=draws,
        )
        reason = UNDELIVERED
        try:
            delivered = {c.draw: c for c in await self._policy.purchase.generate(order)}
        except EngineDown:
            raise
        except EngineError as error:
            delivered, reason = {}, error.reason
        taken = self._rollouts[position]
        for draw in draws:
            completion = delivered.get(draw)
            if completion is None:
                rollout = self._undelivered(address, position, draw, reason)
            else:
                rollout = await self._graded(completion, address, position)
            if any(other.prompt_tokens for other in taken.values()):
                rollout = replace(rollout, prompt_tokens=0)
            taken.setdefault(draw, rollout)  # another call may have graded it meanwhile

    async def _graded(self, completion: Completion, address: str, position: int) -> Rollout:
        text = self._solution.prefix(position) + completion.text
        grade = await self._grader.grade(text, completion.finish_reason, self._problem)
        return Rollout(
            problem_id=self._problem.id,
            solution_id=self._solution.id,
            position=position,
            reach=self._solution.reach(text, position),
            request=address,
            draw=completion.draw,
            outcome=grade.outcome,
            reason=completion.reason or grade.reason,
            answer=grade.answer,
            own=grade.outcome == "incorrect" == self._solution.outcome
            and same_answer(grade.answer, self._solution.answer, self._problem.kind),
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
        )

    def _undelivered(self, address: str, position: int, draw: int, reason: str) -> Rollout:
        return Rollout(
            problem_id=self._problem.id,
            solution_id=self._solution.id,
            position=position,
            reach=position,
            request=address,
            draw=draw,
            outcome="unknown",
            reason=reason,
            answer=None,
            own=False,
            prompt_tokens=0,
            completion_tokens=0,
        )


def own_outcome(solution: Solution) -> Tally:
    """Return the solution's own answer as the tally of its full prefix."""
    return Tally(
        correct=int(solution.outcome == "correct"),
        incorrect=int(solution.outcome == "incorrect"),
        unknown=int(solution.outcome == "unknown"),
        own=int(solution.outcome == "incorrect"),
    )


def count(rollouts: Iterable[Rollout]) -> Tally:
    """Count how rollouts from one prefix ended."""
    ended = list(rollouts)
    outcomes = [rollout.outcome for rollout in ended]
    return Tally(
        correct=outcomes.count("correct"),
        incorrect=outcomes.count("incorrect"),
        unknown=outcomes.count("unknown"),
        own=sum(rollout.own for rollout in ended),
    )
