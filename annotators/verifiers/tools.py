"""What a worker lends to the verifiers of its process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stepmark.policy import Policy
from stepmark.processes import Processes
from stepmark.sandbox.protocol import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a verifier may use besides its own arithmetic."""

    processes: Processes
    """Where work runs that may hang: killed at a limit, which is `timed_out`."""
    policies: Mapping[str, Policy]
    """The recipe's policies by name, for a verifier that has a model translate first."""
    sandbox: Sandbox | None = None
    """Where programs are run that a model wrote; null where the recipe runs none."""


def warm_up() -> None:
    """Import in a worker process what checks need, so that no check's limit pays for it."""
    import sympy  # noqa: F401  (importing it is the work)

    from stepmark.logic import entailment

    entailment.warm_up()
