"""How far two people agree about the solutions that both looked at, and where they differ."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from filters.agreement import cohen
from flows.review.told import opinion
from stepmark.labels import CORRECT, INCORRECT, UNLABELLED, CodeArray
from stepmark.records import Review, Solution

Opinions = Mapping[str, Review]
"""What one person said, by solution."""


class TwoPeople(NamedTuple):
    """How far they agree, over the solutions of which both can tell."""

    names: tuple[str, str]
    both: int
    same: int
    """Solutions of which they name the same first error, or none."""
    kappa_steps: float
    """Cohen's kappa over the steps that both have a verdict on: NaN where it is undefined."""
    kappa_solutions: float
    """The same over whether a solution holds an error at all."""


def pairs(reviews: Sequence[Review], solutions: Mapping[str, Solution]) -> list[TwoPeople]:
    """Return how far every two people agree, by name."""
    said = _by_person(reviews)
    return [
        _pair((one, other), said[one], said[other], solutions)
        for one, other in itertools.combinations(sorted(said), 2)
    ]


def differing(reviews: Sequence[Review]) -> dict[str, list[Review]]:
    """Return what people said of each solution on which two who can tell differ, by its id."""
    by_solution: dict[str, list[Review]] = {}
    for review in sorted(reviews, key=lambda each: each.reviewer):
        by_solution.setdefault(review.solution_id, []).append(review)
    return {
        solution: of_it
        for solution, of_it in sorted(by_solution.items())
        if len({each.first_error for each in of_it if each.says != "unknown"}) > 1
    }


def report(reviews: Sequence[Review], solutions: Mapping[str, Solution]) -> Iterator[str]:
    """Yield the lines that tell it."""
    for pair in pairs(reviews, solutions):
        yield (
            f"{' ~ '.join(pair.names)}: agree on {pair.same:,} of {pair.both:,} solutions; kappa "
            f"{_figure(pair.kappa_steps)} on steps, {_figure(pair.kappa_solutions)} on solutions"
        )
    differ = differing(reviews)
    for solution, of_it in differ.items():
        yield f"{solution}  " + "; ".join(f"{each.reviewer}: {opinion(each)}" for each in of_it)
    looked = {review.solution_id for review in reviews}
    yield (
        f"{len(reviews):,} reviews of {len(looked):,} solutions; on {len(differ):,} people differ "
        "(steps count from 0)."
    )


def _pair(
    names: tuple[str, str], one: Opinions, other: Opinions, solutions: Mapping[str, Solution]
) -> TwoPeople:
    both = sorted(
        solution
        for solution in one.keys() & other.keys()
        if "unknown" not in (one[solution].says, other[solution].says)
    )
    same = sum(one[each].first_error == other[each].first_error for each in both)
    steps, whole = [], []
    for said in (one, other):
        verdicts = [_verdicts(said[each], len(solutions[each].steps)) for each in both]
        steps.append(np.concatenate(verdicts) if both else np.zeros(0, dtype=np.int8))
        wrong = [said[each].says == "incorrect" for each in both]
        whole.append(np.where(wrong, INCORRECT, CORRECT).astype(np.int8))
    return TwoPeople(names, len(both), same, cohen(*steps), cohen(*whole))


def _verdicts(review: Review, steps: int) -> CodeArray:
    """Return int8[steps]: correct up to the first error, unlabelled after it."""
    if review.first_error is None:
        return np.full(steps, CORRECT, dtype=np.int8)
    verdicts = np.full(steps, UNLABELLED, dtype=np.int8)
    verdicts[: review.first_error] = CORRECT
    verdicts[review.first_error] = INCORRECT
    return verdicts


def _by_person(reviews: Sequence[Review]) -> dict[str, dict[str, Review]]:
    said: dict[str, dict[str, Review]] = {}
    for review in reviews:
        said.setdefault(review.reviewer, {})[review.solution_id] = review
    return said


def _figure(kappa: float) -> str:
    return "undefined" if math.isnan(kappa) else f"{kappa:.2f}"
