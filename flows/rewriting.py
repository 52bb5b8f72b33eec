"""Rewriting: given solutions that are right get siblings in which one step is another."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from annotators.rewrites import NewStep
from flows.recipe import Recipe
from flows.worker import Worker
from stepmark.gather import gather_all
from stepmark.ids import content_id
from stepmark.records import Problem, Solution


class Rewritten(NamedTuple):
    """What becomes of a given solution."""

    solutions: tuple[Solution, ...]
    """Siblings, each with one step of another's."""
    lost: tuple[str, ...]
    """Why others are missing, one reason each."""


async def siblings(
    problem: Problem, solution: Solution, recipe: Recipe, worker: Worker
) -> Rewritten:
    """Return what the recipe's rewriting makes of a given solution; equal texts once.

    Nothing of one that is not right: nothing is known of its steps.

    Raises:
        EngineDown: nobody answers, so that going on makes no sense.
    """
    if recipe.rewrite is None or solution.outcome != "correct":
        return Rewritten((), ())

    async def one(new: NewStep) -> Solution:
        return await _sibling(problem, solution, new, worker)

    made = await recipe.rewrite.rewrites(problem, solution, worker.policies)
    by_steps: dict[tuple[str, ...], Solution] = {}
    for sibling in await gather_all(one, made.steps):
        by_steps.setdefault(sibling.steps, sibling)
    return Rewritten(tuple(by_steps.values()), made.lost)


async def _sibling(problem: Problem, solution: Solution, new: NewStep, worker: Worker) -> Solution:
    """Return the solution with one step exchanged, graded anew."""
    at = new.step
    steps = (*solution.steps[:at], new.text, *solution.steps[at + 1 :])
    writers = (*solution.step_policies[:at], new.writer, *solution.step_policies[at + 1 :])
    text = solution.lead + "".join(steps) + solution.tail
    grade = await worker.grader.grade(text, "given", problem)
    return replace(
        solution,
        id=content_id("so", problem.id, text, new.request or new.writer, new.draw),
        policy=new.writer,
        step_policies=writers,
        request=new.request,
        draw=new.draw,
        steps=steps,
        answer=grade.answer,
        outcome=grade.outcome,
        outcome_reason=grade.reason,
        prompt_tokens=new.prompt_tokens,
        completion_tokens=new.completion_tokens,
    )
