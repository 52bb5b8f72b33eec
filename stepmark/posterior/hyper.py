"""Hyper-parameters of the posterior: what is believed about solutions before the first draw.

Five quantities differ from solution to solution and are never known. Each is restricted to a few
levels, fixed here; how common the levels are is a hyper-parameter, and `fit` estimates it. So is
how often draws write a step of the solution again. The defaults are broad: they were chosen by hand
and hold no figure of any model or benchmark.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from stepmark.blocks import REFUSE_UNKNOWN_KEYS

Weights = tuple[float, ...]
"""Probabilities, up to a common factor."""

LEVELS: Final[dict[str, tuple[float, ...]]] = {
    "clean": (0.03, 0.1, 0.22, 0.4, 0.6, 0.78, 0.92),
    "shape": (0.0, 0.6, 1.4),
    "recovery": (0.02, 0.12, 0.35, 0.75),
    "own_broken": (0.03, 0.25, 0.6, 0.9),
    "own_sound": (0.02, 0.15, 0.4, 0.7, 0.92),
}
"""The levels of each quantity, by the name of the weights."""

AGAIN: Final = ("again_before", "again_at", "again_after")
"""Hyper-parameters of what draws write again, by where the step stands to the first error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyper:
    """How common the levels of `LEVELS` are, where first errors lie, how far prefixes scatter."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    clean: Weights = (1.0, 1.5, 2.0, 2.0, 1.5, 1.0, 0.5)
    """Chance from the bare problem that nothing goes wrong, the solution's own slip apart."""
    shape: Weights = (1.0, 2.0, 2.0)
    """γ: from t of T steps on that chance is clean^((1 − t/T)^γ); with 0 it never rises."""
    recovery: Weights = (3.0, 3.0, 2.0, 1.0)
    """Success of a broken prefix as a share of the solve rate."""
    own_broken: Weights = (1.0, 1.0, 2.0, 2.0)
    """Share of failed draws from a broken prefix, without a further mistake, that end in the
    solution's own wrong answer."""
    own_sound: Weights = (3.0, 2.0, 1.0, 0.5, 0.3)
    """Share of draws from a sound prefix that make the same slip, nothing else going wrong: how
    popular it is."""
    place: Weights = (1.2, 1.1, 1.0, 1.0, 0.9)
    """How often the first error lies in each fifth of a solution (any number of parts will do)."""
    again_before: float = 0.3
    """Share of the draws that come to a sound step which write it again, byte for byte; alike in
    all three places it says nothing of the error."""
    again_at: float = 0.3
    """The same at the first wrong step: a slip is seldom what the policy writes most often."""
    again_after: float = 0.3
    """The same at the steps after it."""
    concentration: float = 15.0
    """How closely prefixes of a kind agree: a prefix's own chances are Dirichlet-distributed around
    the model's with this many imaginary draws. Draws from one prefix are that much correlated."""
    error_if_right: float = 0.15
    """Share of right answers that hide a wrong step (5–43 % in Qwen's "Lessons", 2501.07301)."""
    error_if_unknown: float = 0.7
    """Share of solutions of unknown outcome with a wrong step."""

    def __post_init__(self) -> None:
        for name, levels in LEVELS.items():
            _check_weights(name, getattr(self, name), len(levels))
        _check_weights("place", self.place, max(1, len(self.place)))
        if not (math.isfinite(self.concentration) and self.concentration > 0):
            raise ValueError(f"concentration must be above 0, not {self.concentration}")
        for name in (*AGAIN, "error_if_right", "error_if_unknown"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be between 0 and 1, not {getattr(self, name)}")


def _check_weights(name: str, weights: Weights, number: int) -> None:
    if len(weights) != number:
        raise ValueError(f"{name} takes {number} weights, not {len(weights)}")
    if not all(math.isfinite(w) and w >= 0 for w in weights) or not sum(weights) > 0:
        raise ValueError(f"{name} must be weights of at least 0 with a sum above 0, not {weights}")
