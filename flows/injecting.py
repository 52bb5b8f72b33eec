"""Error injection: right solutions of a problem, spoiled by a model where it is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from annotators.asking import prompt_id
from annotators.injected import findings_of_spoiled, findings_of_unspoiled
from annotators.injections import Another, Asked, Injection, Spoiled
from flows.solving import Solved, dropped
from flows.worker import Worker
from stepmark.engines.protocol import Completion, Request
from stepmark.gather import gather_all
from stepmark.ids import content_id
from stepmark.records import Finding, Problem, Solution
from stepmark.replies import only_reply

INJECTED: Final = "injected"
"""How an injection's solutions ended, and why the outcome is unknown of one that stops at its wrong
step: it was to give no answer."""
WRONG: Final = "wrong_answer"
"""Why another solution is no use: it was to be right."""


class Grown(NamedTuple):
    """What injection gives."""

    solved: Solved
    """The solutions there were, and those that were written from them."""
    findings: dict[str, tuple[Finding, ...]]
    """What is known of each, by its id."""


class _Wanted(NamedTuple):
    original: Solution
    asked: Asked


async def inject(injection: Injection, problem: Problem, solved: Solved, worker: Worker) -> Grown:
    """Have the right solutions of a problem spoiled; replies that are no use are dropped."""

    async def one(wanted: _Wanted) -> Grown:
        return await _grown(injection, problem, wanted, worker)

    right = [solution for solution in solved.solutions if solution.outcome == "correct"]
    wanted = [
        _Wanted(solution, asked)
        for solution in right
        for asked in injection.questions(problem, solution)
    ]
    findings = {each.id: findings_of_unspoiled(each, None) for each in solved.solutions}
    solutions, drops = list(solved.solutions), list(solved.dropped)
    for part, found in await gather_all(one, wanted):
        fresh = [solution for solution in part.solutions if solution.id not in findings]
        solutions += fresh
        drops += part.dropped
        findings |= {solution.id: found[solution.id] for solution in fresh}
    worker.progress.solutions += len(solutions) - len(solved.solutions)
    return Grown(Solved(tuple(solutions), tuple(drops)), findings)


async def _grown(injection: Injection, problem: Problem, wanted: _Wanted, worker: Worker) -> Grown:
    """Buy one reply, and make a solution of it."""
    original, asked = wanted
    policy = worker.policies[injection.policy]
    request = Request(
        problem_id=problem.id,
        prompt=policy.prompt(asked.messages, ""),
        sampling=injection.sampling,
        draws=(0,),
    )
    reply = await only_reply(policy, request)
    if isinstance(reply, str):
        return _none(problem, reply)
    written = injection.parse(asked.kind, reply.text, original)
    if isinstance(written, str):
        return _none(problem, written)
    address, prompt = policy.purchase.address(request), prompt_id(asked.prompt)
    solution = _solution(original, written, reply, address, policy.identity.id)
    if isinstance(written, Spoiled):
        solution = await _graded(solution, problem, worker, short=written.stops_short_of(original))
        changes = injection.kinds[asked.kind].changes_answer
        found = findings_of_spoiled(solution, written, asked.kind, prompt, changes_answer=changes)
        return _one(solution, found)
    solution = await _graded(solution, problem, worker, short=False)
    if solution.outcome != "correct":
        return _none(problem, solution.outcome_reason or WRONG)
    return _one(solution, findings_of_unspoiled(solution, prompt))


async def _graded(solution: Solution, problem: Problem, worker: Worker, *, short: bool) -> Solution:
    """Return a solution with its outcome; one that stops short has an answer only if it says so."""
    text = solution.lead + "".join(solution.steps)
    grade = await worker.grader.grade(text, "length" if short else "given", problem)
    return replace(
        solution,
        answer=grade.answer,
        outcome=grade.outcome,
        outcome_reason=INJECTED if short and grade.outcome == "unknown" else grade.reason,
    )


def _none(problem: Problem, reason: str) -> Grown:
    return Grown(Solved((), (dropped(problem.id, None, "inject", reason),)), {})


def _one(solution: Solution, findings: tuple[Finding, ...]) -> Grown:
    return Grown(Solved((solution,), ()), {solution.id: findings})


def _solution(
    original: Solution, written: Spoiled | Another, reply: Completion, address: str, writer: str
) -> Solution:
    """Return what was written as a solution, its answer not graded."""
    lead, kept = (original.lead, written.errors[0]) if isinstance(written, Spoiled) else ("", 0)
    return Solution(
        id=content_id("so", original.id, "".join(written.steps), address, reply.draw),
        problem_id=original.problem_id,
        policy=writer,
        step_policies=original.step_policies[:kept] + (writer,) * (len(written.steps) - kept),
        request=address,
        draw=reply.draw,
        lead=lead,
        steps=written.steps,
        tail="",
        answer=None,
        outcome="unknown",
        outcome_reason=None,
        finish_reason=INJECTED,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        solve_rate=original.solve_rate,
        difficulty=original.difficulty,
    )
