"""Searches: where draws are spent on a problem, rather than on one of its solutions.

A search awaits draws of prefixes of its own choosing. One that measures returns the tree that they
make: each leaf becomes a solution, each node is a prefix with rollouts, and what their counts mean
is the rules' business, as with probes. One that compares returns the chain of the steps it chose,
with the comparisons: that is one solution.
"""

from __future__ import annotations

from typing import TypeAlias

from annotators.searches.omegaprm import OmegaPrm
from annotators.searches.self_rewarding import SelfRewarding

Search: TypeAlias = OmegaPrm | SelfRewarding

__all__ = ["OmegaPrm", "Search", "SelfRewarding"]
