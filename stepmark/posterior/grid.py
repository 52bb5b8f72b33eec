"""The model on a grid: how draws from each prefix end, for solutions of one length and outcome.

The unknowns of a solution of T steps are the first wrong step e ∈ {0 … T − 1}, or T for none, and
a node g of the grid, one level of each quantity in `LEVELS` (the own answer's are 0 unless it is
wrong, so that other outcomes have fewer nodes). The prefix of t steps is sound iff
t ≤ e. A draw from it ends right, in the solution's own wrong answer, or in another, with chances

    sound:   v(t) (1 − own_sound)    v(t) own_sound                  the rest
    broken:  recovery · p            (1 − recovery · p) own_broken v(t)    the rest

    v(t) = clean^((1 − t/T)^shape),  p = clean (1 − own_sound)

where v(t) is the chance that in what is left nothing goes wrong but perhaps the solution's own
slip, and p the problem's solve rate: to end right and to end in the own wrong answer take the same
care everywhere else, so their odds are the same from every sound prefix, and from a broken one the
own answer comes when nothing *else* goes wrong. Each prefix has chances of its own, Dirichlet
around these, so its counts are Dirichlet-multinomial. The bare problem has none: its draws are the
problem's solve rate itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from stepmark.counts import FloatArray, IntArray, Tally
from stepmark.posterior.hyper import LEVELS, Hyper
from stepmark.records import Outcome

FLOOR: Final = 2e-3
"""No draw is thought less likely than this: a single surprise must not decide."""
OWN: Final = ("own_broken", "own_sound")
"""Quantities that are 0 unless the answer is wrong."""
ROOT_CONCENTRATION: Final = 1000.0
"""Concentration at the bare problem, where all draws are alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The model for solutions of `steps` steps; E = steps + 1 first errors, G nodes."""

    steps: int
    sound: FloatArray
    """float64[steps, 3, G]: imaginary draws of each ending at each position, if it is sound."""
    broken: FloatArray
    """The same if it is broken; position 0 is never broken."""
    log_prior: FloatArray
    """float64[E, G]: log probability of each first error and node, given the outcome."""
    concentration: FloatArray
    """float64[steps]: imaginary draws in all."""


@lru_cache(maxsize=256)
def grid_of(hyper: Hyper, steps: int, outcome: Outcome) -> Grid:
    """Return the model for solutions of `steps` ≥ 1 steps that ended in `outcome`."""
    if steps < 1:
        raise ValueError(f"a solution must have at least 1 step, not {steps}")
    clean, shape, recovery, own_broken, own_sound = _nodes(outcome)
    left = 1 - np.arange(steps)[:, None] / steps
    value = clean ** (left**shape)
    recovers = np.broadcast_to(recovery * clean * (1 - own_sound), value.shape)
    concentration = np.full(steps, hyper.concentration)
    concentration[0] = ROOT_CONCENTRATION
    return Grid(
        steps=steps,
        sound=_alphas(value * (1 - own_sound), value * own_sound, concentration),
        broken=_alphas(recovers, (1 - recovers) * own_broken * value, concentration),
        log_prior=_log_prior(hyper, steps, outcome),
        concentration=concentration,
    )


def endings(tally: Tally) -> IntArray:
    """Return a tally as draws that ended right, in the own answer, in another: int64[3].

    Unknown draws are no evidence here: that wrong prefixes ramble more is left unused, rather than
    guessed.
    """
    return np.array([tally.correct, tally.own, tally.incorrect - tally.own], dtype=np.int64)


def log_rising(alphas: FloatArray, number: int) -> FloatArray:
    """Return log α(α + 1) … (α + number − 1), the weight of `number` draws; same shape."""
    total = np.zeros_like(alphas)
    for i in range(number):
        total += np.log(alphas + i)
    return total


def _levels(outcome: Outcome) -> dict[str, tuple[float, ...]]:
    """Return the levels of each quantity: only a wrong answer can be landed on again."""
    if outcome == "incorrect":
        return LEVELS
    return {name: (0.0,) if name in OWN else levels for name, levels in LEVELS.items()}


@lru_cache(maxsize=3)
def _nodes(outcome: Outcome) -> tuple[FloatArray, ...]:
    """Return each quantity of `LEVELS` at every node: float64[G] each."""
    mesh = np.meshgrid(*(np.array(levels) for levels in _levels(outcome).values()), indexing="ij")
    return tuple(axis.ravel() for axis in mesh)


def _alphas(right: FloatArray, own: FloatArray, concentration: FloatArray) -> FloatArray:
    chances = np.stack([right, own, 1 - right - own], axis=1)
    chances = np.maximum(chances, FLOOR)
    chances /= chances.sum(axis=1, keepdims=True)
    return np.asarray(chances * concentration[:, None, None])


def _log_prior(hyper: Hyper, steps: int, outcome: Outcome) -> FloatArray:
    """Weigh first errors and nodes before any draw.

    Node weights describe wrong answers. Right ones come from a problem p / (1 − p) times as often,
    and one that hides an error recovered from it, so its node counts by its recovery.
    """
    p, _, recovery, _, _ = _nodes(outcome)  # a right answer has no slip of its own, so clean is p
    varied = [name for name, levels in _levels(outcome).items() if len(levels) > 1]
    nodes = _normalised(_product([getattr(hyper, name) for name in varied]))
    place = error_places(hyper, steps)
    if outcome == "incorrect":
        broken, sound, error = nodes, nodes, 1.0
    elif outcome == "correct":
        broken, sound, error = nodes * recovery * p, nodes * p / (1 - p), hyper.error_if_right
    else:
        broken, sound, error = nodes, nodes, hyper.error_if_unknown
    with_error = error * place[:, None] * _normalised(broken)
    prior = np.concatenate([with_error, (1 - error) * _normalised(sound)[None]])
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(prior))


def error_places(hyper: Hyper, steps: int) -> FloatArray:
    """Return float64[steps]: how likely the first error is each step, given that there is one."""
    cumulated = np.cumsum([0.0, *hyper.place])
    edges = np.linspace(0, 1, len(cumulated))
    return _normalised(np.diff(np.interp(np.arange(steps + 1) / steps, edges, cumulated)))


def _product(axes: list[tuple[float, ...]]) -> FloatArray:
    weights = np.ones(1)
    for axis in axes:
        weights = np.multiply.outer(weights, np.array(axis)).ravel()
    return weights


def _normalised(weights: FloatArray) -> FloatArray:
    return np.asarray(weights / weights.sum())
