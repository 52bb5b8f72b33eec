"""Verifiers: tools and provers that check the steps of a solution, never a trained model.

A verifier is a frozen dataclass with `async check(problem, solution, tools)`, which returns one
`Finding` a step, and with `policies`, the names of those it asks (mostly none). What it cannot tell
is `unlabelled` with a reason of `stepmark.labels.REASONS`; no text makes it raise or hang: work
that may run long goes to `tools.processes`.
"""

from __future__ import annotations

from annotators.verifiers.entailment import Entailment
from annotators.verifiers.equations import Equations

Verifier = Equations | Entailment

__all__ = ["Entailment", "Equations", "Verifier"]
