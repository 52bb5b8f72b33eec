"""Empirical Bayes: hyper-parameters under which many solutions' draws were most likely.

Expectation–maximisation over the weights of levels and places, and a coordinate search over the
concentration. Levels are fitted on wrong answers, where an error is certain to exist; right answers
only tell how often they hide one. Fit on a pilot, freeze, and only then label: what steers buying
must not change while it buys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from stepmark.counts import Counts, FloatArray
from stepmark.posterior.again import fit_mean
from stepmark.posterior.belief import soundness
from stepmark.posterior.hyper import AGAIN, LEVELS, Hyper
from stepmark.posterior.many import CHUNK, Group, groups, weigh

CONCENTRATIONS: Final = (4.0, 8.0, 15.0, 30.0, 60.0)
"""Tried around the fitted weights."""
STEADY: Final = 10.0
"""Imaginary solutions that look like the starting point: they keep a small pilot near it."""


def fit(counts: Counts, start: Hyper | None = None, rounds: int = 6) -> Hyper:
    """Return hyper-parameters fitted to the counts of many solutions; pure and deterministic.

    Args:
        counts: draws of solutions, from any probe; the last step's counts are the own answer.
        start: where to start, and what a small pilot is kept near.
        rounds: rounds of expectation and maximisation before and after the concentration's search.
    """
    start = start or Hyper()
    hyper = _expectation_maximisation(counts, start, start, rounds)
    best = max(CONCENTRATIONS, key=lambda c: log_evidence(replace(hyper, concentration=c), counts))
    return _expectation_maximisation(counts, replace(hyper, concentration=best), start, rounds)


def log_evidence(hyper: Hyper, counts: Counts) -> float:
    """Return the log marginal likelihood of the draws, up to a constant."""
    return sum(
        float(chunk.log_evidence.sum())
        for group in groups(hyper, counts)
        if group.outcome == "incorrect"
        for chunk in weigh(hyper, group)
    )


def _expectation_maximisation(counts: Counts, hyper: Hyper, start: Hyper, rounds: int) -> Hyper:
    for _ in range(rounds):
        hyper = _round(counts, hyper, start)
    return hyper


def _round(counts: Counts, hyper: Hyper, start: Hyper) -> Hyper:
    levels = {name: STEADY * _share(getattr(start, name)) for name in LEVELS}
    place = STEADY * _share(start.place)
    hidden, right = STEADY * start.error_if_right, STEADY
    seen: list[tuple[Group, FloatArray]] = []
    for group in groups(hyper, counts):
        nodes, by_solution = _expected(hyper, group)
        errors = by_solution.sum(axis=0)
        if group.outcome == "incorrect":
            _add_levels(levels, nodes)
            place += _parts(hyper, errors[:-1])
            seen.append((group, by_solution))
        elif group.outcome == "correct":
            hidden += float(errors[:-1].sum())
            right += len(group.members)
    fitted: dict[str, Any] = {name: _weights(levels[name]) for name in LEVELS}
    fitted |= _repeats(seen)
    return replace(hyper, **fitted, place=_weights(place), error_if_right=hidden / right)


def _repeats(groups: Sequence[tuple[Group, FloatArray]]) -> dict[str, Any]:
    """Return the shares of repeats that were likeliest.

    Args:
        groups: with the posterior of the first error of each member, float64[S, steps + 1].
    """
    if not groups:
        return {}
    again, left = (
        np.concatenate([getattr(group, name).ravel() for group, _ in groups])
        for name in ("again", "left")
    )
    before = np.concatenate([soundness(errors).ravel() for _, errors in groups])
    at = np.concatenate([errors[:, :-1].ravel() for _, errors in groups])
    weights = dict(zip(AGAIN, (before, at, 1 - before - at), strict=True))
    return {name: fit_mean(again, left, weight) for name, weight in weights.items()}


def _expected(hyper: Hyper, group: Group) -> tuple[FloatArray, FloatArray]:
    """Return how many of a group's solutions have each node, [G], and each first error, [S, E]."""
    nodes = np.zeros(group.grid.log_prior.shape[1])
    errors = np.zeros((len(group.members), group.grid.steps + 1))
    for number, chunk in enumerate(weigh(hyper, group)):
        nodes += chunk.weights.sum(axis=(0, 1))
        errors[number * CHUNK :][: len(chunk.members)] = chunk.weights.sum(axis=2)
    return nodes, errors


def _add_levels(levels: dict[str, FloatArray], nodes: FloatArray) -> None:
    table = nodes.reshape([len(values) for values in LEVELS.values()])
    for axis, name in enumerate(LEVELS):
        levels[name] += table.sum(axis=tuple(a for a in range(table.ndim) if a != axis))


def _parts(hyper: Hyper, errors: FloatArray) -> FloatArray:
    """Share expected first errors out among the parts of a solution that the steps overlap."""
    parts, steps = len(hyper.place), len(errors)
    edges = np.linspace(0, 1, parts + 1)
    low = np.maximum(np.arange(steps)[:, None] / steps, edges[:-1])
    high = np.minimum(np.arange(1, steps + 1)[:, None] / steps, edges[1:])
    mass = np.maximum(high - low, 0) * np.array(hyper.place)
    shares = mass / np.maximum(mass.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(errors @ shares)


def _share(weights: tuple[float, ...]) -> FloatArray:
    return np.array(weights) / sum(weights)


def _weights(counted: FloatArray) -> tuple[float, ...]:
    return tuple((counted / counted.sum()).tolist())
