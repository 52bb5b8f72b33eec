"""A problem's search: a tree grown or steps chosen by the worker, as solutions with evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from annotators.comparing import AskedPolicy
from annotators.searches import Search, SelfRewarding
from annotators.searches.tree import Leaf, Tree, text_of
from flows.kinds import Evidence
from flows.recipe import Recipe
from flows.worker import Worker
from stepmark.draws import Draws, prompt_counted_once, rollout_of
from stepmark.ids import content_id
from stepmark.policy import Policy
from stepmark.records import Problem, Rollout, Solution


class Grown(NamedTuple):
    """What a search gives."""

    solutions: tuple[Solution, ...]
    """The samples of the bare problem and the other solutions that were searched; or the one whose
    steps were chosen, if there was any to choose."""
    evidence: dict[str, Evidence]
    """By solution: rollouts of the nodes that it passes through, none where no first error was
    found; or the comparisons that its steps were chosen by."""


async def grow(search: Search, problem: Problem, recipe: Recipe, worker: Worker) -> Grown:
    """Search one problem."""
    (name,) = recipe.solve.policies
    policy = worker.policies[name]
    source = Draws(
        problem=problem,
        policy=policy,
        ask=recipe.solve.ask,
        sampling=recipe.sampling,
        grader=worker.grader,
    )
    if isinstance(search, SelfRewarding):
        return await _chosen(search, source, policy, recipe)
    tree = await search.search(source, recipe.solve.samples, recipe.segment)
    found = {leaf: _solution(leaf, problem, policy.identity.id) for leaf in tree.leaves}
    return Grown(
        solutions=tuple(found.values()),
        evidence={s.id: _rollouts(tree, leaf, s, problem) for leaf, s in found.items()},
    )


async def _chosen(search: SelfRewarding, source: Draws, policy: Policy, recipe: Recipe) -> Grown:
    """Let the policy choose among its own steps."""
    problem = source.problem
    referee = AskedPolicy(problem=problem, policy=policy, sampling=search.sampling)
    chain = await search.search(source, referee, recipe.segment)
    if chain is None:
        return Grown((), {})
    solution = _solution(chain.leaf, problem, policy.identity.id)
    kept = tuple(replace(one, solution_id=solution.id) for one in chain.comparisons)
    return Grown((solution,), {solution.id: kept})


def _solution(leaf: Leaf, problem: Problem, policy: str) -> Solution:
    draw, parts = leaf.draw, leaf.parts
    return Solution(
        id=content_id("so", problem.id, text_of(parts), draw.request, draw.draw),
        problem_id=problem.id,
        policy=policy,
        step_policies=(policy,) * len(parts.steps),
        request=draw.request,
        draw=draw.draw,
        lead=parts.lead,
        steps=parts.steps,
        tail=parts.tail,
        answer=draw.answer,
        outcome=draw.outcome,
        outcome_reason=draw.reason,
        finish_reason=draw.finish_reason,
        prompt_tokens=draw.prompt_tokens,
        completion_tokens=draw.completion_tokens,
        solve_rate=None,
        difficulty=None,
    )


def _rollouts(tree: Tree, leaf: Leaf, solution: Solution, problem: Problem) -> tuple[Rollout, ...]:
    """Return the rollouts of the nodes on a leaf's path, without the draw that wrote it."""
    if solution.outcome == "incorrect" and leaf.first_error is None:
        return ()
    return tuple(
        rollout
        for position, node in tree.along(leaf).items()
        for rollout in prompt_counted_once(
            [
                rollout_of(draw, problem, solution, position)
                for draw in node.draws
                if (draw.request, draw.draw) != (solution.request, solution.draw)
            ]
        )
    )
