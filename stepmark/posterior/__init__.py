"""The posterior over the first wrong step: what rollouts, and other annotators, say together.

The derivation is in docs/adaptive.md. `Hyper` is what is believed before the first draw, `Grid` the
model for solutions of one length, `Belief` what is believed about one solution after some draws,
`read_many` the same for a whole shard at once, `fit` the estimate of `Hyper` from many solutions.
"""

from __future__ import annotations

from stepmark.posterior.belief import Belief
from stepmark.posterior.fit import fit
from stepmark.posterior.grid import Grid, grid_of
from stepmark.posterior.hyper import Hyper
from stepmark.posterior.many import read_many
from stepmark.posterior.verdicts import (
    Confusion,
    evidence_of,
    evidence_of_many,
    fit_confusion,
)

__all__ = [
    "Belief",
    "Confusion",
    "Grid",
    "Hyper",
    "evidence_of",
    "evidence_of_many",
    "fit",
    "fit_confusion",
    "grid_of",
    "read_many",
]
