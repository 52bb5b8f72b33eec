"""The sampler: rollouts from the prefixes of one solution, bought, graded and counted.

Probes ask it for evidence and never see prompts, engines or graders.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

from stepmark.counts import FloatArray, Passage, Tally
from stepmark.draws import Draws, rollout_of
from stepmark.engines.protocol import Sampling
from stepmark.errors import StorageError
from stepmark.grading import Grader
from stepmark.policy import Policy
from stepmark.prompts import SolvePrompt
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
        known: Iterable[Rollout] = (),
        testimony: FloatArray | None = None,
    ) -> None:
        """Start with the rollouts that are known, such as those of a search, and testimony.

        Testimony is the log likelihood of each first error, and of none, by what other annotators
        say of the solution: float64[steps + 1].
        """
        self.testimony = testimony
        self._problem = problem
        self._solution = solution
        self._policy = policy
        self._draws = Draws(
            problem=problem, policy=policy, ask=ask, sampling=sampling, grader=grader
        )
        self._rollouts: dict[int, dict[int, Rollout]] = {}
        for rollout in known:
            self._rollouts.setdefault(rollout.position, {})[rollout.draw] = rollout

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
        The draw that wrote the solution is skipped where it comes from: it is no evidence about it.
        """
        if position == len(self._solution.steps):
            return own_outcome(self._solution)
        address = self._draws.address(self._solution.prefix(position))
        taken = self._rollouts.setdefault(position, {})
        wanted = self._indices(address, draws)
        new = tuple(draw for draw in wanted if draw not in taken)
        if new:
            await self._draw(position, new)
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

    def _indices(self, address: str, draws: int) -> tuple[int, ...]:
        own = self._solution.draw if address == self._solution.request else -1
        return tuple(itertools.islice((i for i in itertools.count() if i != own), draws))

    async def _draw(self, position: int, indices: tuple[int, ...]) -> None:
        drawn = await self._draws.numbered(self._solution.prefix(position), indices)
        taken = self._rollouts[position]
        for draw in drawn:
            rollout = rollout_of(draw, self._problem, self._solution, position)
            if any(other.prompt_tokens for other in taken.values()):
                rollout = replace(rollout, prompt_tokens=0)
            taken.setdefault(draw.draw, rollout)  # another call may have graded it meanwhile


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
