"""Searches: where rollouts are spent on a problem, rather than on one of its solutions.

A search awaits draws of prefixes of its own choosing and returns the tree that they make. Each leaf
becomes a solution, each node is a prefix with rollouts; what their counts mean is the rules'
business, as with probes.
"""

from __future__ import annotations

from typing import TypeAlias

from annotators.searches.omegaprm import OmegaPrm

Search: TypeAlias = OmegaPrm

__all__ = ["OmegaPrm", "Search"]
