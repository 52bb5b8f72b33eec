"""The measuring world: simulated solutions, with their truth and the draws a probe may buy.

It is a simulation, and says so wherever its figures stand. What it holds:

- A *problem* has a solve rate p, drawn from a beta distribution; solutions with a wrong answer
  come from it in proportion to 1 − p, so hard problems are more frequent among them.
- A *solution* has 6 to 14 steps; with a wrong answer its first wrong step lies at a place drawn
  from a beta distribution; with a right answer it has one only in a share of cases.
- A rollout from a *sound* prefix succeeds with p^((1 − t/T)^γ): the chance of making no mistake in
  the work that is left. From a *broken* one it recovers with a share of the problem's solve rate
  that differs from solution to solution.
- A draw that fails may land on the solution's *own* wrong answer: from a broken prefix whenever no
  further mistake is made and the slip is not noticed, from a sound one when the same slip is made.
- Each prefix has a value of its own around that chance, so draws from one prefix are correlated.

`as_assumed` follows the posterior's own assumptions (stepmark/posterior.py) with continuous
parameters where the posterior has a grid. The others break them, each in the way its name says, and
with copied draws, second mistakes and popular slips besides. The parameters were fixed before the
adaptive probe was written, and are not to be tuned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.drawn import UNKNOWN, Drawn, Ends
from stepmark.counts import FloatArray
from stepmark.records import Outcome

DRAWS: Final = 64
"""Draws that exist for each prefix."""
TOKENS_A_STEP: Final = 30
"""Mean length of a step."""
Spread = tuple[float, float]
"""A beta distribution by its mean and its concentration α + β."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The parameters of a world; the defaults are those of `as_assumed`."""

    name: str
    solve_rate: Spread = (0.5, 4)
    """Solve rates of problems."""
    shape: tuple[float, float] = (0.0, 0.3)
    """Mean and deviation of ln γ, the shape in which values rise with the prefix."""
    rises: bool = True
    """Whether values rise at all; if not, a sound prefix is worth the bare problem."""
    error_place: tuple[float, float] = (1.2, 1.6)
    """Beta parameters of the first wrong step's place, as a share of the solution."""
    recovery: Spread = (0.12, 6)
    """Success of a broken prefix as a share of the problem's solve rate."""
    fading: float = 0.0
    """How fast recovery fades with every further step after the error; 0 for not at all."""
    own_broken: Spread = (0.7, 5)
    """Share of failed draws without a further mistake that end in the solution's own answer."""
    own_sound: Spread = (0.1, 5)
    """Share of failed draws from sound prefixes that end there: how popular the slip is."""
    second_mistake: float = 0.0
    """Share of solutions with a second mistake: before it their own answer is seven times rarer."""
    prefix_spread: float = 30.0
    """Concentration of a prefix's outcome chances around their mean."""
    wobble: float = 0.0
    """Deviation of an additional disturbance of each prefix's log-odds of success."""
    copies: float = 0.0
    """Share of draws that repeat the draw before them from the same prefix."""
    unknown: tuple[float, float] = (0.01, 0.04)
    """Share of draws cut by length, from sound and from broken prefixes."""
    hidden: float = 0.2
    """Share of right answers that hide a wrong step."""

    def solutions(self, number: int, seed: int, outcome: Outcome) -> Iterator[Simulated]:
        """Yield solutions of one outcome; each depends on the seed and its index alone."""
        for index in range(number):
            rng = np.random.default_rng((seed, index))
            yield self._solution(f"{self.name}-{index}", rng, outcome)

    def _solution(self, problem: str, rng: np.random.Generator, outcome: Outcome) -> Simulated:
        wrong = outcome == "incorrect"
        p = self._solve_rate(rng, wrong=wrong)
        steps = int(rng.integers(6, 15))
        error = (
            int(steps * rng.beta(*self.error_place))
            if wrong or rng.random() < self.hidden
            else steps
        )
        channels = self._channels(rng, p, steps, error, wrong=wrong)
        broken = (np.arange(steps) > error).astype(np.int64)
        chances = channels[np.arange(steps), broken]
        return Simulated(
            problem=problem,
            steps=steps,
            outcome=outcome,
            first_error=None if error == steps else error,
            ends=self._ends(rng, chances, error),
            tokens=self._tokens(rng, steps, error),
            reach=no_reach(steps),
            channels=channels,
        )

    def _solve_rate(self, rng: np.random.Generator, *, wrong: bool) -> float:
        """Draw a problem as often as it has solutions of that outcome."""
        while True:
            p = _beta(rng, self.solve_rate)
            if rng.random() < (1 - p if wrong else p):
                return p

    def _channels(
        self, rng: np.random.Generator, p: float, steps: int, error: int, *, wrong: bool
    ) -> FloatArray:
        """Return the chances of right, own and other answers: float64[steps, 2, 3].

        By position, as they are if the prefix is sound and as they are if it is broken.
        """
        position = np.arange(steps)
        left = (1 - position / steps) ** np.exp(rng.normal(*self.shape))
        value = p**left if self.rises else np.full(steps, p)
        faded = np.exp(-self.fading * np.maximum(position - error - 1, 0))
        recovers = _beta(rng, self.recovery) * p * faded
        right = np.stack([value, recovers], axis=1)
        if self.wobble:
            odds = np.log(right / (1 - right)) + rng.normal(0, self.wobble, steps)[:, None]
            right = 1 / (1 + np.exp(-odds))
        own_broken, own_sound = _beta(rng, self.own_broken), _beta(rng, self.own_sound)
        has_second = rng.random() < self.second_mistake and error < steps
        second = rng.integers(error, steps) if has_second else error
        before_second = np.where(position <= second, 1 / 7, 1.0) if second > error else 1.0
        shares = [np.full(steps, own_sound), own_broken * value * before_second]
        own = np.stack(shares, axis=1) * (1 - right) * wrong  # a right answer has no own mistake
        return np.stack([right, own, 1 - right - own], axis=2)

    def _ends(self, rng: np.random.Generator, chances: FloatArray, error: int) -> Ends:
        steps = len(chances)
        alphas = np.maximum(chances, 1e-4) * self.prefix_spread
        prefix = np.stack([rng.dirichlet(alpha) for alpha in alphas])
        prefix *= chances > 0  # what cannot happen does not happen in any prefix
        prefix /= prefix.sum(axis=1, keepdims=True)
        prefix[0] = chances[0]  # the bare problem has no text that could colour its draws
        cut = prefix.cumsum(axis=1)[:, None, :2]
        ends: Ends = (rng.random((steps, DRAWS, 1)) > cut).sum(axis=2).astype(np.int8)
        unknown = np.where(np.arange(steps) <= error, *self.unknown)
        ends[rng.random((steps, DRAWS)) < unknown[:, None]] = UNKNOWN
        copied = rng.random((steps, DRAWS)) < self.copies
        for draw in range(1, DRAWS):
            ends[copied[:, draw], draw] = ends[copied[:, draw], draw - 1]
        return ends

    @staticmethod
    def _tokens(rng: np.random.Generator, steps: int, error: int) -> npt.NDArray[np.int64]:
        """Lengths of the draws: what is left of the solution, broken ones ramble by a third."""
        position = np.arange(steps)
        mean = TOKENS_A_STEP * (steps - position) * np.where(position <= error, 1, 4 / 3)
        lengths = mean[:, None] * rng.lognormal(0, 0.3, (steps, DRAWS))
        return np.ceil(lengths).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated(Drawn):
    """A simulated solution."""

    channels: FloatArray
    """float64[steps, 2, 3]: chances of right, own and other answers if sound and if broken."""


def no_reach(steps: int) -> npt.NDArray[np.int64]:
    """Return that no draw writes a step of the solution again: there is no text to repeat."""
    return np.broadcast_to(np.arange(steps)[:, None], (steps, DRAWS))


def _beta(rng: np.random.Generator, spread: Spread) -> float:
    """Draw from a beta distribution, kept a thousandth away from 0 and 1."""
    mean, concentration = spread
    a = mean * concentration
    return float(np.clip(rng.beta(a, concentration - a), 1e-3, 1 - 1e-3))


_LESS_KIND: Final[dict[str, Any]] = {
    "second_mistake": 0.35,
    "own_sound": (0.3, 4),
    "copies": 0.1,
}
"""What every misspecified world does besides what its name says."""

WORLDS: Final = {
    world.name: world
    for world in (
        World(name="as_assumed"),
        World(name="noisy", wobble=0.8, prefix_spread=15, **_LESS_KIND),
        World(name="self_correcting", recovery=(0.5, 6), fading=0.25, **_LESS_KIND),
        World(name="flat", rises=False, error_place=(1.0, 1.0), **_LESS_KIND),
        World(name="hard", solve_rate=(0.1, 10), **_LESS_KIND),
        World(name="scattered", own_broken=(0.08, 10), own_sound=(0.04, 10)),
    )
}
"""Worlds by name. `scattered` is as assumed, but wrong answers hardly ever repeat."""
