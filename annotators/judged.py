"""Annotation by a judge: a model is asked about each solution, and its replies are put to the vote.

Asking and reading are two functions, as with Monte Carlo: `gather` buys replies for one solution,
`annotate` is pure arithmetic on the stored critiques of many, so another vote asks nobody. A reply
that cannot be read is kept with its reason and its cost.
Papers and semantics: the judge's (annotators/judges) and the vote's (annotators/votes.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotators.asking import prompt_id
from annotators.judges import Judge, MultiTurn, Question, Reading
from annotators.stored import rows_of, without_draws
from annotators.turns import TurnLostError, Turns
from annotators.votes import Ballots, Votes, named
from stepmark import ragged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray, IntArray
from stepmark.engines.protocol import Completion, Request, Sampling
from stepmark.evidence import Spent
from stepmark.gather import gather_all
from stepmark.labels import (
    INCORRECT,
    NO_REFERENCE,
    NO_STEPS,
    NONE,
    VERDICTS,
    CodeArray,
    Labels,
    codes_of,
)
from stepmark.policy import Policy
from stepmark.records import Critique, Problem, Semantics, Solution
from stepmark.replies import bought, why_lost
from stepmark.sandbox.protocol import Sandbox

CRITIQUE_COLUMNS: Final = (
    "solution_id",
    "first",
    "request",
    "draw",
    "verdicts",
    "reason",
    "turns",
    "prompt_tokens",
    "completion_tokens",
)
GREEDY: Final = Sampling(temperature=0.0, max_tokens=2048)
"""How a judge replies unless the recipe says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An annotator made of a judge and votes."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["judge"]
    policy: str
    """Policy that is asked."""
    judge: Judge
    """What it is asked, and how its replies are read."""
    votes: Votes = field(default_factory=Votes)
    """How many replies there are, and what they mean together."""
    sampling: Sampling = GREEDY
    """How replies are drawn."""

    def __post_init__(self) -> None:
        if self.votes.n > 1 and self.sampling.temperature == 0:
            raise ValueError(
                f"{self.votes.n} votes at temperature 0 are one reply {self.votes.n} times: set "
                "sampling.temperature above 0, or votes.n to 1"
            )

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies that are asked."""
        return (self.policy,)

    @property
    def semantics(self) -> Semantics:
        """What a label claims."""
        return self.judge.semantics

    async def gather(
        self,
        problem: Problem,
        solution: Solution,
        policy: Policy,
        sandbox: Sandbox | None = None,
    ) -> tuple[Critique, ...]:
        """Buy the replies about one solution and read them, by question and draw.

        `sandbox` is where code runs that a judge writes; only some need one.
        """

        async def one(question: Question) -> tuple[Critique, ...]:
            if isinstance(self.judge, MultiTurn):
                talk = _Talk(
                    self.judge, problem, solution, question, self.sampling, policy, sandbox
                )
                return tuple(await gather_all(talk.critique, range(self.votes.n)))
            request = Request(
                problem_id=problem.id,
                prompt=policy.prompt(question.messages, ""),
                sampling=self.sampling,
                draws=tuple(range(self.votes.n)),
                schema=question.schema,
            )
            delivered, missing = await bought(policy, request)
            critic = _Critic(
                judge=self.judge,
                solution=solution,
                question=question,
                request=policy.purchase.address(request),
            )
            paid = min(delivered, default=0)
            return tuple(
                critic.critique(draw, delivered.get(draw), missing, paid=draw == paid)
                for draw in request.draws
            )

        asked = await gather_all(one, self.judge.questions(problem, solution))
        return tuple(critique for critiques in asked for critique in critiques)

    def verdicts(self, solution: Solution, critiques: Iterable[Critique]) -> CodeArray:
        """Return what `annotate` says of one solution's steps: int8[steps]; pure."""
        steps = len(solution.steps)
        said = np.zeros((steps, self.votes.n), dtype=np.int8)
        read = np.zeros(said.shape, dtype=np.bool_)
        for critique in critiques:
            span = slice(critique.first, critique.first + len(critique.verdicts))
            said[span, critique.draw] = [VERDICTS.index(each) for each in critique.verdicts]
            read[span, critique.draw] = True
        offsets = np.array([0, steps])
        return self.votes.read(Ballots(verdicts=said, read=read, offsets=offsets)).verdicts

    def named(self, solutions: pa.Table, critiques: pa.Table) -> tuple[BoolArray, IntArray]:
        """Return which votes were read whole and the first error each names, [solutions, votes].

        A vote that names none has the number of steps. Takes and raises what `annotate` does.
        """
        offsets = without_draws(solutions).offsets
        rows = rows_of(critiques, solutions, "critiques")
        return named(_ballots(critiques, rows, offsets, self.votes.n))

    def annotate(self, solutions: pa.Table, critiques: pa.Table) -> Labels:
        """Label many solutions from their stored critiques; pure.

        Args:
            solutions: with the columns `id` and `steps`.
            critiques: with the columns `CRITIQUE_COLUMNS`, in any order.

        Raises:
            StorageError: a critique is of no such solution.
        """
        counts = without_draws(solutions)
        offsets = counts.offsets
        rows = rows_of(critiques, solutions, "critiques")
        steps = self.votes.read(_ballots(critiques, rows, offsets, self.votes.n))
        asked = np.bincount(rows, minlength=len(offsets) - 1)
        reasons = np.where(asked > 0, NONE, NO_REFERENCE)
        reasons = np.where(ragged.lengths(offsets) > 0, reasons, NO_STEPS).astype(np.int8)
        return Labels(
            semantics=self.semantics,
            steps=steps,
            counts=counts,
            first_error=ragged.first(steps.verdicts == INCORRECT, offsets),
            bracketed=np.zeros(len(reasons), dtype=np.bool_),
            reasons=reasons,
            spent=_spent(critiques, rows, len(reasons)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Critic:
    """What all replies to one question have in common."""

    judge: Judge
    solution: Solution
    question: Question
    request: str

    def critique(
        self, draw: int, completion: Completion | None, missing: str, *, paid: bool
    ) -> Critique:
        """Return the record of one draw; the prompt's tokens are counted where it was paid."""
        said, reason = self._read(completion, missing)
        return Critique(
            problem_id=self.solution.problem_id,
            solution_id=self.solution.id,
            first=self.question.first,
            prompt=prompt_id(self.judge.prompt),
            request=self.request,
            draw=draw,
            verdicts=said.verdicts,
            scores=said.scores,
            reason=reason,
            text=completion.text if completion else "",
            earlier=(),
            turns=1,
            prompt_tokens=completion.prompt_tokens if completion and paid else 0,
            completion_tokens=completion.completion_tokens if completion else 0,
        )

    def _read(self, completion: Completion | None, missing: str) -> tuple[Reading, str | None]:
        if completion is None:
            return Reading(), missing
        if (lost := why_lost(completion)) is not None:
            return Reading(), lost
        said = self.judge.parse(completion.text, self.question.steps)
        return said, said.reason


class _Talk(NamedTuple):
    """What all conversations that open with one question have in common."""

    judge: MultiTurn
    problem: Problem
    solution: Solution
    question: Question
    sampling: Sampling
    policy: Policy
    sandbox: Sandbox | None

    async def critique(self, vote: int) -> Critique:
        """Hold one vote's conversation; the opening prompt is counted on the first vote."""
        turns = Turns(
            policy=self.policy, problem_id=self.problem.id, sampling=self.sampling, vote=vote
        )
        said, reason = await self._said(turns)
        texts = [reply.text for reply in turns.replies]
        paid = turns.replies if vote == 0 else turns.replies[1:]
        return Critique(
            problem_id=self.problem.id,
            solution_id=self.solution.id,
            first=self.question.first,
            prompt=prompt_id(*self.judge.prompts),
            request=turns.request,
            draw=vote,
            verdicts=said.verdicts,
            scores=said.scores,
            reason=reason,
            text=texts[-1] if texts else "",
            earlier=tuple(texts[:-1]),
            turns=max(1, len(texts)),
            prompt_tokens=sum(reply.prompt_tokens for reply in paid),
            completion_tokens=sum(reply.completion_tokens for reply in turns.replies),
        )

    async def _said(self, turns: Turns) -> tuple[Reading, str | None]:
        try:
            text = await self.judge.discuss(
                self.problem, self.solution, self.question, turns.say, self.sandbox
            )
        except TurnLostError as lost:
            return Reading(), lost.reason
        said = self.judge.parse(text, self.question.steps)
        return said, said.reason


def _ballots(critiques: pa.Table, rows: IntArray, offsets: IntArray, votes: int) -> Ballots:
    """Lay verdicts out by step and draw."""
    spans = pc.list_value_length(critiques["verdicts"]).to_numpy()
    codes = codes_of(pc.list_flatten(critiques["verdicts"]), VERDICTS)
    starts = offsets[rows] + critiques["first"].to_numpy()
    within = np.arange(len(codes)) - np.repeat(np.cumsum(spans) - spans, spans)
    at = np.repeat(starts, spans) + within, np.repeat(critiques["draw"].to_numpy(), spans)
    verdicts = np.zeros((int(offsets[-1]), votes), dtype=np.int8)
    read: BoolArray = np.zeros(verdicts.shape, dtype=np.bool_)
    verdicts[at] = codes
    read[at] = True
    return Ballots(verdicts=verdicts, read=read, offsets=offsets)


def _spent(critiques: pa.Table, rows: IntArray, solutions: int) -> Spent:
    def sums(column: str) -> IntArray:
        tokens = critiques[column].to_numpy()
        return np.bincount(rows, weights=tokens, minlength=solutions).astype(np.int64)

    first = critiques["draw"].to_numpy() == 0
    replies = sums("turns")
    opened = np.bincount(rows[first], minlength=solutions)
    return Spent(
        rollouts=replies,
        requests=opened + replies - np.bincount(rows, minlength=solutions),
        prompt_tokens=sums("prompt_tokens"),
        completion_tokens=sums("completion_tokens"),
    )
