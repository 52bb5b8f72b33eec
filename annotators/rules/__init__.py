"""Rules: what rollout counts mean. Pure functions on arrays, vectorised over many solutions.

A rule is a frozen dataclass with `read(counts) -> Reading` and `needs_root`: whether it reads draws
from the bare problem, and so labels nothing where there are none. Every rule labels only steps that
have graded draws of their own; what follows for other steps is the annotator's business.
"""

from __future__ import annotations

from annotators.rules.advantage import Advantage
from annotators.rules.entropic import Entropic
from annotators.rules.hard import Hard
from annotators.rules.relative_progress import RelativeProgress
from annotators.rules.root_relative import RootRelative
from annotators.rules.scan import Scan
from annotators.rules.soft import Soft
from annotators.rules.stepwise_orm import StepwiseOrm
from annotators.rules.stepwiser import StepWiser

Rule = (
    Hard
    | Soft
    | Entropic
    | RelativeProgress
    | StepWiser
    | Advantage
    | RootRelative
    | Scan
    | StepwiseOrm
)

__all__ = [
    "Advantage",
    "Entropic",
    "Hard",
    "RelativeProgress",
    "RootRelative",
    "Rule",
    "Scan",
    "Soft",
    "StepWiser",
    "StepwiseOrm",
]
