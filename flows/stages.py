"""The stages of a build, each a function from a shard's records to the next records.

They know the worker (engines, ledger, grader) and no files; `flows/shards.py` calls them and writes
what they return.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, get_args

import numpy as np

from annotators.injected import Injected
from annotators.judged import Judged
from annotators.judges.reply import Failure
from annotators.monte_carlo import MonteCarlo
from annotators.preferences import Preferences
from annotators.probes import Searched
from annotators.reviewed import Reviewed
from annotators.score_file import score_file
from annotators.scored import Scored
from annotators.verified import Verified
from flows import injecting, searching
from flows.kinds import FINDINGS, REVIEWS, SCORES, Evidence, kind_of
from flows.recipe import Recipe
from flows.scored import scores_path
from flows.solving import Solved, dropped, joined, solve
from flows.worker import Worker
from stepmark.counts import FloatArray
from stepmark.errors import EngineError
from stepmark.gather import gather_all
from stepmark.posterior import evidence_of_many
from stepmark.programs.unit_tests import STOPPED
from stepmark.records import Comparison, Critique, Problem, Rollout, Solution
from stepmark.sampler import Sampler

POLICYS_DOING = frozenset(
    {"cut_by_length", "empty", "ambiguous_answer", "not_comparable", *get_args(Failure), *STOPPED}
)
"""Reasons for an unknown outcome or an unreadable reply that are the policy's doing, not a failure
to get an answer."""

MAY_NOT_KNOW: Final = (FINDINGS, REVIEWS, SCORES)
"""Kinds of evidence that often have nothing to say of a solution, without any failure."""

NEVER_READABLE: Final = 16
"""So many replies in a shard, none of them readable, are a wrong judge and no accident."""


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
        solved, known = await _grown(problem, recipe, worker)
        return Drawn(solved, await _evidence(solved.solutions, by_id, names, recipe, worker, known))

    if solutions is None or recipe.solve.grows:  # what is repeated buys nothing
        parts = await gather_all(one, problems)
    else:
        known = Solved(tuple(solutions), ())
        parts = [Drawn(known, await _evidence(solutions, by_id, names, recipe, worker, {}))]
    evidence = {name: _chained(part.evidence[name] for part in parts) for name in names}
    for name in names:
        if kind_of(recipe.annotators[name]) not in MAY_NOT_KNOW:
            _check_failures(evidence[name], recipe.max_failed_share)
            _check_readable(name, evidence[name], recipe.max_failed_share)
    return Drawn(joined(part.solved for part in parts), evidence)


async def _evidence(
    solutions: Sequence[Solution],
    problems: Mapping[str, Problem],
    names: Sequence[str],
    recipe: Recipe,
    worker: Worker,
    grown: Mapping[str, Evidence],
) -> dict[str, Evidence]:
    """Draw what the annotators need of solutions, one coroutine a solution and annotator."""

    async def one(what: tuple[str, Solution]) -> Evidence:
        name, solution = what
        annotator = recipe.annotators[name]
        if isinstance(annotator, Injected | Preferences):
            drawn = grown[solution.id]
        elif isinstance(annotator, Reviewed | Scored):
            drawn = _told(name, annotator, solution, recipe, worker)
        else:
            drawn = await drawn_by(annotator, solution)
        worker.progress.annotated += 1
        return drawn

    async def drawn_by(annotator: MonteCarlo | Judged | Verified, solution: Solution) -> Evidence:
        problem = problems[solution.problem_id]
        if isinstance(annotator, Verified):
            return await annotator.gather(problem, solution, worker.tools)
        if isinstance(annotator, Judged):
            policy = worker.policies[annotator.policy]
            return await annotator.gather(problem, solution, policy, worker.sandbox)
        sampler = Sampler(
            problem=problem,
            testimony=await testimony(annotator, solution),
            solution=solution,
            policy=worker.policies[annotator.policy],
            ask=recipe.solve.ask,
            sampling=recipe.sampling_of(annotator),
            grader=worker.grader,
            known=_rollouts(grown[solution.id]) if isinstance(annotator.probe, Searched) else (),
        )
        return await annotator.gather(solution, sampler)

    async def testimony(annotator: MonteCarlo, solution: Solution) -> FloatArray | None:
        """Hear the witnesses first; what they say is bought once, whoever asks."""
        said = np.zeros(len(solution.steps) + 1)
        for name, rates in annotator.witnesses.items():
            witness, problem = recipe.judges[name], problems[solution.problem_id]
            policy = worker.policies[witness.policy]
            critiques = await witness.gather(problem, solution, policy, worker.sandbox)
            verdicts = witness.verdicts(solution, critiques)
            said += evidence_of_many(verdicts, np.array([0, len(verdicts)]), rates)
        return said if annotator.witnesses else None

    async def all_of(name: str) -> Evidence:
        return _chained(await gather_all(one, [(name, solution) for solution in solutions]))

    return dict(zip(names, await gather_all(all_of, names), strict=True))


def _told(
    name: str, annotator: Reviewed | Scored, solution: Solution, recipe: Recipe, worker: Worker
) -> Evidence:
    """Return what a file says of a solution: people, or a published model."""
    if isinstance(annotator, Reviewed):
        return annotator.gather(solution, worker.reviews[name].get(solution.id, ()))
    path = scores_path(recipe, annotator, worker.base)
    return annotator.gather(solution, score_file(path, annotator.column))


def _rollouts(evidence: Evidence) -> tuple[Rollout, ...]:
    return tuple(one for one in evidence if isinstance(one, Rollout))


async def _grown(
    problem: Problem, recipe: Recipe, worker: Worker
) -> tuple[Solved, Mapping[str, Evidence]]:
    """Solve a problem, and search or spoil it; return what is known of the solutions by that."""
    if recipe.solve.inject is None:
        return await _searched(problem, recipe, worker)
    solved = await solve(problem, recipe, worker)
    return await injecting.inject(recipe.solve.inject, problem, solved, worker)


async def _searched(
    problem: Problem, recipe: Recipe, worker: Worker
) -> tuple[Solved, Mapping[str, Evidence]]:
    """Solve a problem, and search it where the recipe says so; return the search's evidence too."""
    solved = await solve(problem, recipe, worker)
    if recipe.solve.search is None or not solved.solutions:
        return solved, {}
    grown = await searching.grow(recipe.solve.search, problem, recipe, worker)
    worker.progress.solutions += len(grown.solutions) - len(solved.solutions)
    if not grown.solutions:
        lost = dropped(problem.id, None, "solve", "no_candidates")
        return Solved((), (*solved.dropped, lost)), {}
    first = solved.solutions[0]
    kept = {solution.id for solution in grown.solutions}
    return Solved(
        tuple(
            replace(solution, solve_rate=first.solve_rate, difficulty=first.difficulty)
            for solution in grown.solutions
        ),
        tuple(drop for drop in solved.dropped if drop.solution_id not in kept),
    ), grown.evidence


def _chained(parts: Iterable[Evidence]) -> Evidence:
    return tuple(itertools.chain.from_iterable(parts))  # type: ignore[return-value]


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


def _check_readable(name: str, drawn: Evidence, bound: float) -> None:
    """Raise if replies to questions are never in the form that was asked for."""
    critiques = [one for one in drawn if isinstance(one, Critique | Comparison)]
    whole = [one for one in critiques if one.reason in get_args(Failure)]
    if bound == 1 or len(whole) < NEVER_READABLE or len(whole) < len(critiques):
        return
    reasons = [one.reason for one in whole]
    commonest = max(set(reasons), key=reasons.count)
    raise EngineError(
        f"None of {len(whole)} replies of the judge {name!r} in a shard could be read, mostly by "
        f"{commonest!r}; one about {whole[0].solution_id} ends {whole[0].text[-80:]!r}. Take "
        "another model, or one that a server holds to the form (`structured: true`); nothing paid "
        "is lost. To go on all the same, set max_failed_share to 1.",
        reason="never_readable",
    )
