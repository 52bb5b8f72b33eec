"""The kinds of annotators, and the evidence that each gathers and a build stores."""

from __future__ import annotations

from typing import Any, NamedTuple

from annotators.judged import CRITIQUE_COLUMNS, Judged
from annotators.monte_carlo import MonteCarlo
from annotators.verified import FINDING_COLUMNS, Verified
from stepmark.evidence import ROLLOUT_COLUMNS
from stepmark.records import Critique, Finding, Rollout

Annotator = MonteCarlo | Judged | Verified
Evidence = tuple[Rollout, ...] | tuple[Critique, ...] | tuple[Finding, ...]


class Kind(NamedTuple):
    """How one kind of evidence is stored."""

    folder: str
    """Folder below the build directory, with one folder an annotator in it."""
    record: type[Any]
    """Record of a row."""
    columns: tuple[str, ...]
    """Columns that labels are made from."""


ROLLOUTS = Kind("rollouts", Rollout, ROLLOUT_COLUMNS)
CRITIQUES = Kind("critiques", Critique, CRITIQUE_COLUMNS)
FINDINGS = Kind("findings", Finding, FINDING_COLUMNS)


def kind_of(annotator: Annotator) -> Kind:
    """Return the kind of evidence that an annotator gathers."""
    if isinstance(annotator, Judged):
        return CRITIQUES
    return FINDINGS if isinstance(annotator, Verified) else ROLLOUTS
