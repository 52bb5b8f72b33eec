"""The posterior of many solutions at once: what the rule and the fit read counts with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from stepmark.counts import Counts, FloatArray, IntArray
from stepmark.posterior.again import evidence_of_repeats
from stepmark.posterior.grid import Grid, grid_of
from stepmark.posterior.hyper import Hyper
from stepmark.posterior.verdicts import places
from stepmark.records import Outcome

CHUNK: Final = 32
"""Solutions weighed at a time, so that their grids fit a processor's cache."""


class Group(NamedTuple):
    """Solutions of one length and outcome: they share a grid."""

    outcome: Outcome
    grid: Grid
    members: IntArray
    """int64[S]: which solutions of the counts."""
    drawn: IntArray
    """int64[S, steps, 3]: draws that left at each step, by ending (right, own answer, another)."""
    again: IntArray
    """int64[S, steps]: draws that wrote each step again."""
    left: IntArray
    """int64[S, steps]: draws that came to it and did not, gradable or not."""
    testimony: FloatArray
    """float64[S, steps + 1]: log likelihood of each first error by what witnesses say."""


class Weighed(NamedTuple):
    """Posterior weights of some members of a group."""

    members: IntArray
    weights: FloatArray
    """float64[S, E, G], each solution's sum to 1."""
    log_evidence: FloatArray
    """float64[S]: log marginal likelihood of the draws, up to what no hyper-parameter but the
    concentration changes."""


def read_many(hyper: Hyper, counts: Counts) -> list[FloatArray]:
    """Return each solution's posterior of the first error: float64[steps + 1], the last for none.

    The outcome is read from the counts of the last step: the whole solution's own answer.
    """
    posteriors: list[FloatArray] = [np.ones(1)] * (len(counts.offsets) - 1)
    for group in groups(hyper, counts):
        for chunk in weigh(hyper, group):
            for member, first_error in zip(chunk.members, chunk.weights.sum(axis=2), strict=True):
                posteriors[member] = first_error
    return posteriors


def groups(hyper: Hyper, counts: Counts) -> Iterator[Group]:
    """Yield the solutions of a shard by length and outcome; those without steps are left out."""
    lengths, outcomes = np.diff(counts.offsets), _outcomes(counts)
    left = counts.passages.left
    drawn = np.stack([left.correct, left.own, left.incorrect - left.own], axis=1)
    for length in np.unique(lengths[lengths > 0]).tolist():
        for code, outcome in enumerate(_OUTCOMES):
            members = np.flatnonzero((lengths == length) & (outcomes == code))
            if not members.size:
                continue
            rows = counts.offsets[members, None] + np.arange(length)
            said = places(counts.offsets, members, length)
            yield Group(
                outcome,
                grid_of(hyper, length, outcome),
                members,
                drawn[rows],
                counts.passages.again[rows],
                left.total[rows],
                np.zeros(said.shape) if counts.testimony is None else counts.testimony[said],
            )


def weigh(hyper: Hyper, group: Group) -> Iterator[Weighed]:
    """Yield the posterior weights of a group, chunk by chunk; pure."""
    sound = _likelihoods(group.grid.sound, group.grid.concentration, group.drawn)
    broken = _likelihoods(group.grid.broken, group.grid.concentration, group.drawn)
    by_error = evidence_of_repeats(hyper, group.again, group.left) + group.testimony
    for start in range(0, len(group.members), CHUNK):
        part = slice(start, start + CHUNK)
        log_weights = _log_likelihoods(sound, broken, part)
        log_weights += group.grid.log_prior
        log_weights += by_error[part, :, None]
        yield _weighed(group.members[part], log_weights)


_OUTCOMES: Final[tuple[Outcome, ...]] = ("correct", "incorrect", "unknown")

ByPosition = list[tuple[FloatArray, IntArray]]
"""For each position the log likelihoods of the different counts, float64[U, G], and which of them
each solution has, int64[S]."""


def _outcomes(counts: Counts) -> IntArray:
    """Return each solution's outcome as an index into `_OUTCOMES`: int64[solutions]."""
    last = np.maximum(counts.offsets[1:] - 1, 0)
    if not counts.correct.size:
        return np.full(len(last), 2)
    right, wrong = counts.correct[last] > 0, counts.incorrect[last] > 0
    return np.where(right, 0, np.where(wrong, 1, 2))


def _likelihoods(alphas: FloatArray, concentration: FloatArray, drawn: IntArray) -> ByPosition:
    """Work out the likelihood of each *different* tally once: most prefixes have none at all."""
    table: ByPosition = []
    for position in range(drawn.shape[1]):
        seen, which = np.unique(drawn[:, position], axis=0, return_inverse=True)
        rows = sum(map(_rising, alphas[position], seen.T))
        rows = rows - _rising(concentration[position : position + 1], seen.sum(axis=1))
        table.append((np.asarray(rows), which.ravel()))
    return table


def _rising(alphas: FloatArray, numbers: IntArray) -> FloatArray:
    """Return log α(α + 1) … (α + n − 1) for each number n of draws: float64[numbers, alphas]."""
    steps = np.arange(numbers.max(initial=0))[:, None]
    return np.cumsum(np.vstack([np.zeros_like(alphas), np.log(alphas + steps)]), axis=0)[numbers]


def _log_likelihoods(sound: ByPosition, broken: ByPosition, part: slice) -> FloatArray:
    """Return float64[S, E, G] for some members: sound up to the first error, broken after it."""
    running = np.asarray(sum(rows[which[part]] for rows, which in broken))
    by_error = np.empty((len(running), len(sound) + 1, running.shape[1]))
    for step, ((if_sound, which), (if_broken, _)) in enumerate(zip(sound, broken, strict=True)):
        running += (if_sound - if_broken)[which[part]]
        by_error[:, step] = running
    by_error[:, -1] = running
    return by_error


def _weighed(members: IntArray, log_weights: FloatArray) -> Weighed:
    """Return weights that sum to 1; they take the place of the logarithms, to spare the memory."""
    top = log_weights.max(axis=(1, 2), keepdims=True)
    weights = np.exp(np.subtract(log_weights, top, out=log_weights), out=log_weights)
    total = weights.sum(axis=(1, 2), keepdims=True)
    weights /= total
    return Weighed(members, weights, np.log(total[:, 0, 0]) + top[:, 0, 0])
