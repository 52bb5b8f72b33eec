"""Error injection: right solutions of a problem, spoiled by a model where it is known."""

from __future__ import annotations

from typing import NamedTuple

from annotators.injected import findings_of_original, findings_of_spoiled
from annotators.injections import Injection, Spoiled
from annotators.injections.spoiled import Asked
from flows.solving import Solved, dropped
from flows.worker import Worker
from stepmark.engines.protocol import Completion, Request
from stepmark.gather import gather_all
from stepmark.ids import content_id
from stepmark.records import Finding, Problem, Solution
from stepmark.replies import only_reply

INJECTED = "injected"
"""Why the outcome of a spoiled solution is unknown: its end says nothing of it."""


class Grown(NamedTuple):
    """What injection gives."""

    solved: Solved
    """The solutions there were, and the spoiled ones."""
    findings: dict[str, tuple[Finding, ...]]
    """What is known of each, by its id."""


class _Wanted(NamedTuple):
    original: Solution
    asked: Asked


async def inject(injection: Injection, problem: Problem, solved: Solved, worker: Worker) -> Grown:
    """Have the right solutions of a problem spoiled; replies that are no use are dropped."""

    async def one(wanted: _Wanted) -> tuple[Solved, dict[str, tuple[Finding, ...]]]:
        return await _spoilt(injection, problem, wanted, worker)

    right = [solution for solution in solved.solutions if solution.outcome == "correct"]
    wanted = [
        _Wanted(solution, asked)
        for solution in right
        for asked in injection.questions(problem, solution)
    ]
    findings = {solution.id: findings_of_original(solution) for solution in solved.solutions}
    solutions, drops = list(solved.solutions), list(solved.dropped)
    for part, found in await gather_all(one, wanted):
        fresh = [solution for solution in part.solutions if solution.id not in findings]
        solutions += fresh
        drops += part.dropped
        findings |= {solution.id: found[solution.id] for solution in fresh}
    worker.progress.solutions += len(solutions) - len(solved.solutions)
    return Grown(Solved(tuple(solutions), tuple(drops)), findings)


async def _spoilt(
    injection: Injection, problem: Problem, wanted: _Wanted, worker: Worker
) -> tuple[Solved, dict[str, tuple[Finding, ...]]]:
    policy = worker.policies[injection.policy]
    request = Request(
        problem_id=problem.id,
        prompt=policy.prompt(wanted.asked.messages, ""),
        sampling=injection.sampling,
        draws=(0,),
    )
    completion = await only_reply(policy, request)
    if isinstance(completion, str):
        return _none(problem, completion)
    spoiled = injection.parse(completion.text, wanted.original)
    if isinstance(spoiled, str):
        return _none(problem, spoiled)
    address = policy.purchase.address(request)
    solution = _solution(wanted.original, spoiled, completion, address, policy.identity.id)
    found = findings_of_spoiled(solution, spoiled, wanted.asked.kind)
    return Solved((solution,), ()), {solution.id: found}


def _none(problem: Problem, reason: str) -> tuple[Solved, dict[str, tuple[Finding, ...]]]:
    return Solved((), (dropped(problem.id, None, "inject", reason),)), {}


def _solution(
    original: Solution, spoiled: Spoiled, completion: Completion, address: str, writer: str
) -> Solution:
    kept = spoiled.errors[0]
    return Solution(
        id=content_id("so", original.id, "".join(spoiled.steps), address, completion.draw),
        problem_id=original.problem_id,
        policy=writer,
        step_policies=original.step_policies[:kept] + (writer,) * (len(spoiled.steps) - kept),
        request=address,
        draw=completion.draw,
        lead=original.lead,
        steps=spoiled.steps,
        tail="",
        answer=None,
        outcome="unknown",
        outcome_reason=INJECTED,
        finish_reason=INJECTED,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        solve_rate=original.solve_rate,
        difficulty=original.difficulty,
    )
