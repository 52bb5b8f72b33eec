"""Rewrites: one step of a good solution written anew, so that the step at fault is known.

A rewrite is a frozen dataclass with `policies`, the names of those that it asks (perhaps none), and
`async rewrites(problem, solution, policies)`, which returns new steps. Each becomes a solution of
its own, graded like any other; `step_policies` says which step is not the original's, and labels
follow from that and the outcome (verifiers/rewritten.py).
"""

from __future__ import annotations

from annotators.rewrites.operators import Operators
from annotators.rewrites.prlcoder import PrlCoder
from annotators.rewrites.step import NewStep, Rewrites

Rewrite = PrlCoder | Operators

__all__ = ["NewStep", "Operators", "PrlCoder", "Rewrite", "Rewrites"]
