"""Verifiers: tools and provers that check the steps of a solution, never a trained model.

A verifier is a frozen dataclass with `async check(problem, solution, tools)`, which returns one
`Finding` a step, and with `policies`, the names of those it asks (mostly none). What it cannot tell
is `unlabelled` with a reason of `stepmark.labels.REASONS`; no text makes it raise or hang: work
that may run long goes to `tools.processes`.
"""

from __future__ import annotations

from annotators.verifiers.code_runs import CodeRuns
from annotators.verifiers.entailment import Entailment
from annotators.verifiers.equations import Equations
from annotators.verifiers.rewritten import RewrittenLine

Verifier = CodeRuns | Entailment | Equations | RewrittenLine

RUNS_CODE = (CodeRuns,)
"""Those that run programs which a model wrote."""

__all__ = ["RUNS_CODE", "CodeRuns", "Entailment", "Equations", "RewrittenLine", "Verifier"]
