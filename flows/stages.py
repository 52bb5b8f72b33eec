"""The stages of a build, each a function from a shard's records to the next records.

They know the worker (engines, ledger, grader) and no files; `flows/shards.py` calls them and writes
what they return.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, get_args

from annotators.judged import Judged
from annotators.judges.reply import Failure
from annotators.monte_carlo import MonteCarlo
from annotators.probes import Searched
from flows import sampling, searching
from flows.recipe import Recipe
from flows.worker import Worker
from stepmark.engines.protocol import Completion, Request
from stepmark.errors import EngineDown, EngineError
from stepmark.gather import gather_all
from stepmark.ids import content_id
from stepmark.policy import Policy
from stepmark.problems import GivenSolution
from stepmark.purchase import UNDELIVERED
from stepmark.records import Critique, Problem, Rollout, Solution
from stepmark.sampler import Sampler
from stepmark.segment import Segmented
from storage.rows import Dropped

POLICYS_DOING = frozenset({"cut_by_length", "empty", *get_args(Failure)})
"""Reasons for an unknown outcome or an unreadable reply that are the policy's doing, not a failure
to get an answer."""

Evidence = tuple[Rollout, ...] | tuple[Critique, ...]
"""What an annotator draws: a judge critiques, the others rollouts."""


class Solved(NamedTuple):
    """What solving a shard of problems gives."""

    solutions: tuple[Solution, ...]
    dropped: tuple[Dropped, ...]


class Drawn(NamedTuple):
    """What a shard of problems gives."""

    solved: Solved
    evidence: dict[str, Evidence]
    """Of each annotator asked for, by solution, position and draw."""


async def draw(
    problems: Sequence[Problem],
    solutions: Sequence[Solution] | None,
    names: Sequence[str],
    recipe: Recipe,
    worker: Worker,
) -> Drawn:
    """Sample solutions of a shard's problems, and annotate each as soon as it exists.

    Args:
        problems: the shard.
        solutions: those it has already; None to sample them.
        names: the annotators to draw for.
        recipe: how.
        worker: with whom.

    Raises:
        EngineError: too many draws failed for good.
    """
    by_id = {problem.id: problem for problem in problems}

    async def one(problem: Problem) -> Drawn:
        solved, known = await _searched(problem, recipe, worker)
        return Drawn(solved, await _evidence(solved.solutions, by_id, names, recipe, worker, known))

    if solutions is None or recipe.solve.search:  # a search that is repeated buys nothing
        parts = await gather_all(one, problems)
    else:
        known = Solved(tuple(solutions), ())
        parts = [Drawn(known, await _evidence(solutions, by_id, names, recipe, worker, {}))]
    evidence = {name: _chained(part.evidence[name] for part in parts) for name in names}
    for drawn in evidence.values():
        _check_failures(drawn, recipe.max_failed_share)
    return Drawn(_joined(part.solved for part in parts), evidence)


async def take_given(given: Sequence[GivenSolution], recipe: Recipe, worker: Worker) -> Solved:
    """Turn solutions that exist into records, graded and cut into steps."""

    async def one(item: GivenSolution) -> Solved:
        grade = await worker.grader.grade(item.text, "stop", item.problem)
        lead, steps, tail = (
            Segmented("", item.steps, "") if item.steps else recipe.segment.segment(item.text)
        )
        solution = Solution(
            id=content_id("so", item.problem.id, item.text, "given", item.problem.line),
            problem_id=item.problem.id,
            policy="given",
            step_policies=("given",) * len(steps),
            request="",
            draw=item.problem.line,
            lead=lead,
            steps=steps,
            tail=tail,
            answer=grade.answer,
            outcome=grade.outcome,
            outcome_reason=grade.reason,
            finish_reason="given",
            prompt_tokens=0,
            completion_tokens=0,
            solve_rate=None,
            difficulty=None,
        )
        return _kept_if_steps(solution)

    return _joined(await gather_all(one, given))


async def _evidence(
    solutions: Sequence[Solution],
    problems: Mapping[str, Problem],
    names: Sequence[str],
    recipe: Recipe,
    worker: Worker,
    searched: Mapping[str, tuple[Rollout, ...]],
) -> dict[str, Evidence]:
    """Draw what the annotators need of solutions, one coroutine a solution and annotator."""

    async def one(what: tuple[str, Solution]) -> Evidence:
        name, solution = what
        drawn = await drawn_by(recipe.annotators[name], solution)
        worker.progress.annotated += 1
        return drawn

    async def drawn_by(annotator: MonteCarlo | Judged, solution: Solution) -> Evidence:
        if isinstance(annotator, Judged):
            policy = worker.policies[annotator.policy]
            return await annotator.gather(problems[solution.problem_id], solution, policy)
        sampler = Sampler(
            problem=problems[solution.problem_id],
            solution=solution,
            policy=worker.policies[annotator.policy],
            ask=recipe.solve.ask,
            sampling=recipe.sampling_of(annotator),
            grader=worker.grader,
            known=searched[solution.id] if isinstance(annotator.probe, Searched) else (),
        )
        return await annotator.gather(solution, sampler)

    async def all_of(name: str) -> Evidence:
        return _chained(await gather_all(one, [(name, solution) for solution in solutions]))

    return dict(zip(names, await gather_all(all_of, names), strict=True))


async def _searched(
    problem: Problem, recipe: Recipe, worker: Worker
) -> tuple[Solved, Mapping[str, tuple[Rollout, ...]]]:
    """Solve a problem, and search it where the recipe says so; return the search's rollouts too."""
    solved = await _solve_one(problem, recipe, worker)
    if recipe.solve.search is None or not solved.solutions:
        return solved, {}
    grown = await searching.grow(recipe.solve.search, problem, recipe, worker)
    worker.progress.solutions += len(grown.solutions) - len(solved.solutions)
    first = solved.solutions[0]
    kept = {solution.id for solution in grown.solutions}
    return Solved(
        tuple(
            replace(solution, solve_rate=first.solve_rate, difficulty=first.difficulty)
            for solution in grown.solutions
        ),
        tuple(drop for drop in solved.dropped if drop.solution_id not in kept),
    ), grown.rollouts


async def _solve_one(problem: Problem, recipe: Recipe, worker: Worker) -> Solved:
    """Sample a problem's solutions, in as many rounds as the recipe's quota takes, and choose."""
    solve = recipe.solve
    solved = await _round(problem, range(solve.samples), recipe, worker)
    rate = sampling.solve_rate(solved.solutions)
    unfit = sampling.outside(rate, solve.solve_rate)
    if solve.quota is not None and unfit is None:
        solved = await _topped_up(problem, solved, solve.quota, recipe, worker)
    solved = _chosen(problem, solved, rate, unfit, recipe)
    worker.progress.problems += 1
    worker.progress.solutions += len(solved.solutions)
    return solved


async def _topped_up(
    problem: Problem, solved: Solved, quota: sampling.Quota, recipe: Recipe, worker: Worker
) -> Solved:
    """Draw round after round until the quota is full or its draws are spent."""
    for draws in quota.rounds_after(recipe.solve.samples):
        if quota.is_full(solved.solutions):
            break
        more = await _round(problem, draws, recipe, worker)
        solved = _joined([solved, more])
        if not more.solutions:  # a whole round in vain: nothing is to be had from this problem
            break
    return solved


async def _round(problem: Problem, draws: range, recipe: Recipe, worker: Worker) -> Solved:
    """Buy the same draws of every policy that solves; solutions come by draw, then by policy."""

    async def one(name: str) -> Solved:
        return await _drawn(problem, worker.policies[name], draws, recipe, worker)

    solved = _joined(await gather_all(one, recipe.solve.policies))
    by_draw = sorted(solved.solutions, key=lambda solution: solution.draw)
    return Solved(tuple(by_draw), solved.dropped)


async def _drawn(
    problem: Problem, policy: Policy, draws: range, recipe: Recipe, worker: Worker
) -> Solved:
    messages = recipe.solve.ask.messages(problem.statement)
    request = Request(
        problem_id=problem.id,
        prompt=policy.prompt(messages, ""),
        sampling=recipe.sampling,
        draws=tuple(draws),
    )
    request = replace(request, address=policy.purchase.address(request))
    try:
        completions = await policy.purchase.generate(request)
    except EngineDown:
        raise
    except EngineError as error:
        return Solved((), (_drop(problem.id, None, "solve", error.reason),))
    parts = [
        await _solution(problem, completion, policy, request, recipe, worker)
        for completion in completions
    ]
    left_out = _drop(problem.id, None, "solve", UNDELIVERED)
    missing = Solved((), (left_out,) * (len(request.draws) - len(completions)))
    return _joined([*parts, missing])


def _chained(parts: Iterable[Evidence]) -> Evidence:
    return tuple(itertools.chain.from_iterable(parts))  # type: ignore[return-value]


def _joined(parts: Iterable[Solved]) -> Solved:
    """Put what several problems gave together, in their order."""
    together = list(parts)
    return Solved(
        tuple(solution for part in together for solution in part.solutions),
        tuple(drop for part in together for drop in part.dropped),
    )


async def _solution(
    problem: Problem,
    completion: Completion,
    policy: Policy,
    request: Request,
    recipe: Recipe,
    worker: Worker,
) -> Solved:
    if completion.finish_reason == "failed":
        reason = completion.reason or "failed"
        return Solved((), (_drop(problem.id, None, "solve", reason),))
    grade = await worker.grader.grade(completion.text, completion.finish_reason, problem)
    lead, steps, tail = recipe.segment.segment(completion.text)
    solution = Solution(
        id=content_id("so", problem.id, completion.text, request.address, completion.draw),
        problem_id=problem.id,
        policy=policy.identity.id,
        step_policies=(policy.identity.id,) * len(steps),
        request=request.address,
        draw=completion.draw,
        lead=lead,
        steps=steps,
        tail=tail,
        answer=grade.answer,
        outcome=grade.outcome,
        outcome_reason=grade.reason,
        finish_reason=completion.finish_reason,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        solve_rate=None,
        difficulty=None,
    )
    return _kept_if_steps(solution)


def _kept_if_steps(solution: Solution) -> Solved:
    if solution.steps:
        return Solved((solution,), ())
    return Solved((), (_drop(solution.problem_id, solution.id, "solve", "no_steps"),))


def _chosen(
    problem: Problem,
    solved: Solved,
    rate: float | None,
    unfit: sampling.Unfit | None,
    recipe: Recipe,
) -> Solved:
    """Keep the solutions that the recipe wants, each with its problem's solve rate."""
    solve = recipe.solve
    kept, left = sampling.Chosen(solved.solutions, ())
    if solve.quota is not None:
        kept, left = solve.quota.choose(solved.solutions)
    if unfit is None and solve.keep == "both_outcomes":
        unfit = sampling.one_sided(kept)
    if unfit is not None:
        kept, left = (), ()
    drops = [
        *solved.dropped,
        *(_drop(problem.id, solution.id, "solve", reason) for solution, reason in left),
        *([_drop(problem.id, None, "solve", unfit)] if unfit else []),
    ]
    level = sampling.difficulty(rate, solve.difficulty_edges)
    return Solved(
        tuple(replace(solution, solve_rate=rate, difficulty=level) for solution in kept),
        tuple(replace(drop, solve_rate=rate) for drop in drops),
    )


def _drop(problem_id: str, solution_id: str | None, stage: str, reason: str) -> Dropped:
    return Dropped(
        problem_id=problem_id,
        solution_id=solution_id,
        stage=stage,
        reason=reason,
        solve_rate=None,
    )


def _check_failures(drawn: Evidence, bound: float) -> None:
    """Raise if too many draws were lost to failures of servers or graders."""
    failed = [one.reason for one in drawn if one.reason and one.reason not in POLICYS_DOING]
    if len(failed) > bound * len(drawn):
        commonest = max(set(failed), key=failed.count)
        raise EngineError(
            f"{len(failed)} of {len(drawn)} draws of a shard failed, mostly by "
            f"{commonest!r}, e.g. for {drawn[0].solution_id}: more than max_failed_share = "
            f"{bound}. Mend the server and run again (nothing paid is lost), or raise "
            "max_failed_share in the recipe.",
            reason="too_many_failures",
        )
