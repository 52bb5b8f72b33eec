"""Solving: a shard's problems to solutions, sampled in rounds and chosen, or taken as given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from flows import rewriting, sampling
from flows.recipe import Recipe
from flows.worker import Worker
from stepmark.engines.protocol import Completion, Request
from stepmark.errors import EngineDown, EngineError
from stepmark.gather import gather_all
from stepmark.ids import content_id
from stepmark.policy import Policy
from stepmark.problems import GivenSolution
from stepmark.purchase import UNDELIVERED
from stepmark.records import Problem, Solution
from stepmark.segment import Segmented
from storage.rows import Dropped


class Solved(NamedTuple):
    """What solving a shard of problems gives."""

    solutions: tuple[Solution, ...]
    dropped: tuple[Dropped, ...]


def given_id(item: GivenSolution) -> str:
    """Return the id of a solution that exists: of its problem, its text, and its line."""
    return content_id("so", item.problem.id, item.text, "given", item.problem.line)


async def take_given(given: Sequence[GivenSolution], recipe: Recipe, worker: Worker) -> Solved:
    """Turn solutions that exist into records, graded and cut into steps."""

    async def one(item: GivenSolution) -> Solved:
        grade = await worker.grader.grade(item.text, "stop", item.problem)
        lead, steps, tail = (
            Segmented("", item.steps, "") if item.steps else recipe.segment.segment(item.text)
        )
        solution = Solution(
            id=given_id(item),
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
        return joined([_kept_if_steps(solution), await rewritten(item.problem, solution)])

    async def rewritten(problem: Problem, solution: Solution) -> Solved:
        made = await rewriting.siblings(problem, solution, recipe, worker)
        lost = tuple(dropped(problem.id, None, "solve", reason) for reason in made.lost)
        return Solved(made.solutions, lost)

    return joined(await gather_all(one, given))


async def solve(problem: Problem, recipe: Recipe, worker: Worker) -> Solved:
    """Sample a problem's solutions, in as many rounds as the recipe's quota takes, and choose."""
    how = recipe.solve
    solved = await _round(problem, range(how.samples), recipe, worker)
    rate = sampling.solve_rate(solved.solutions, how.samples * len(how.policies))
    unfit = sampling.outside(rate, how.solve_rate)
    if how.quota is not None and unfit is None:
        solved = await _topped_up(problem, solved, how.quota, recipe, worker)
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
        solved = joined([solved, more])
        if not more.solutions:  # a whole round in vain: nothing is to be had from this problem
            break
    return solved


async def _round(problem: Problem, draws: range, recipe: Recipe, worker: Worker) -> Solved:
    """Buy the same draws of every policy that solves; solutions come by draw, then by policy."""

    async def one(name: str) -> Solved:
        return await _drawn(problem, worker.policies[name], draws, recipe, worker)

    solved = joined(await gather_all(one, recipe.solve.policies))
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
        return Solved((), (dropped(problem.id, None, "solve", error.reason),))
    parts = [
        await _solution(problem, completion, policy, request, recipe, worker)
        for completion in completions
    ]
    left_out = dropped(problem.id, None, "solve", UNDELIVERED)
    missing = Solved((), (left_out,) * (len(request.draws) - len(completions)))
    return joined([*parts, missing])


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
        return Solved((), (dropped(problem.id, None, "solve", reason),))
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
    return Solved((), (dropped(solution.problem_id, solution.id, "solve", "no_steps"),))


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
        *(dropped(problem.id, solution.id, "solve", reason) for solution, reason in left),
        *([dropped(problem.id, None, "solve", unfit)] if unfit else []),
    ]
    level = sampling.difficulty(rate, solve.difficulty_edges)
    return Solved(
        tuple(replace(solution, solve_rate=rate, difficulty=level) for solution in kept),
        tuple(replace(drop, solve_rate=rate) for drop in drops),
    )


def dropped(problem_id: str, solution_id: str | None, stage: str, reason: str) -> Dropped:
    """Return the row of a problem or solution that goes, without a solve rate."""
    return Dropped(
        problem_id=problem_id,
        solution_id=solution_id,
        stage=stage,
        reason=reason,
        solve_rate=None,
    )


def joined(parts: Iterable[Solved]) -> Solved:
    """Put what several problems gave together, in their order."""
    together = list(parts)
    return Solved(
        tuple(solution for part in together for solution in part.solutions),
        tuple(drop for part in together for drop in part.dropped),
    )
