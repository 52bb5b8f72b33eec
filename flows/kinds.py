"""The kinds of annotators, and the evidence that each gathers and a build stores."""

from __future__ import annotations

from typing import Any, NamedTuple

from annotators.injected import Injected
from annotators.judged import CRITIQUE_COLUMNS, Judged
from annotators.monte_carlo import MonteCarlo
from annotators.preferences import COMPARISON_COLUMNS, Preferences
from annotators.reviewed import REVIEW_COLUMNS, Reviewed
from annotators.scored import SCORE_COLUMNS, Scored
from annotators.verified import FINDING_COLUMNS, Verified
from filters.rationales import COLUMNS as RATIONALE_COLUMNS
from stepmark.evidence import ROLLOUT_COLUMNS
from stepmark.records import Comparison, Critique, Finding, Review, Rollout, StepScore

Annotator = MonteCarlo | Judged | Verified | Injected | Preferences | Reviewed | Scored
Evidence = (
    tuple[Rollout, ...]
    | tuple[Critique, ...]
    | tuple[Finding, ...]
    | tuple[Comparison, ...]
    | tuple[Review, ...]
    | tuple[StepScore, ...]
)


class Kind(NamedTuple):
    """How one kind of evidence is stored."""

    folder: str
    """Folder below the build directory, with one folder an annotator in it."""
    record: type[Any]
    """Record of a row."""
    columns: tuple[str, ...]
    """Columns that labels are made from."""


ROLLOUTS = Kind("rollouts", Rollout, ROLLOUT_COLUMNS)
CRITIQUES = Kind(
    "critiques", Critique, tuple(dict.fromkeys((*CRITIQUE_COLUMNS, *RATIONALE_COLUMNS)))
)
FINDINGS = Kind("findings", Finding, FINDING_COLUMNS)
COMPARISONS = Kind("comparisons", Comparison, COMPARISON_COLUMNS)
REVIEWS = Kind("reviews", Review, REVIEW_COLUMNS)
SCORES = Kind("scores", StepScore, SCORE_COLUMNS)
KINDS = (ROLLOUTS, CRITIQUES, FINDINGS, COMPARISONS, REVIEWS, SCORES)


def kind_of(annotator: Annotator) -> Kind:
    """Return the kind of evidence that an annotator gathers."""
    if isinstance(annotator, Judged):
        return CRITIQUES
    if isinstance(annotator, Preferences):
        return COMPARISONS
    if isinstance(annotator, Reviewed):
        return REVIEWS
    if isinstance(annotator, Scored):
        return SCORES
    return FINDINGS if isinstance(annotator, Verified | Injected) else ROLLOUTS


def needs_reference(annotator: Annotator) -> bool:
    """Tell whether an annotator labels steps by the reference answer."""
    if isinstance(annotator, Judged):
        return annotator.judge.needs_reference
    if isinstance(annotator, Preferences | Reviewed | Scored):
        return False
    return not isinstance(annotator, Verified) or annotator.fusion is not None
