"""Consensus: the labels of several annotators become one, or none.

Papers: Qwen's "Lessons" (arXiv 2501.07301) §3.1.3 keeps a solution only if Monte Carlo estimation
and judge name the same first error, or both none (40 % were kept); GenPRM (arXiv 2504.00891) drops
a solution if any label differs (51 % were dropped). All here is pure arithmetic on the stored
labels of many solutions: another consensus asks nobody.
Deviations: an annotator that leaves a step unlabelled before the first error it names, or anywhere
when it names none, has named nothing, and the solution is dropped as `first_error_unknown`.
What the labels claim: where annotators claim different things, the recipe must say what their
agreement does (`semantics`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from typing import Literal

import numpy as np

from filters.first_to_tell import FirstToTell
from stepmark import ragged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray, FloatArray, IntArray
from stepmark.evidence import Spent
from stepmark.labels import (
    CORRECT,
    FIRST_ERROR_UNKNOWN,
    INCORRECT,
    NO_CONSENSUS,
    NONE,
    UNLABELLED,
    CodeArray,
    Labels,
    StepLabels,
    names_first_error,
)
from stepmark.records import Semantics


@dataclass(frozen=True, slots=True, kw_only=True)
class SameFirstError:
    """Keep a solution where all annotators name the same first error, or all none (Qwen)."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["same_first_error"]
    of: tuple[str, ...]
    """Names of the annotators; the labels and values of the first are kept."""
    semantics: Semantics | None = None
    """What the labels claim; null for what all of them claim."""

    def combine(self, sources: Sequence[Labels]) -> Labels:
        """Return the first annotator's labels where all agree; pure."""
        why = np.max([_names_nothing(source) for source in sources], axis=0)
        agree = np.all([source.first_error == sources[0].first_error for source in sources], axis=0)
        reasons = np.select([why > NONE, ~agree], [why, NO_CONSENSUS], NONE)
        return _kept(self.semantics, sources, reasons.astype(np.int8))


@dataclass(frozen=True, slots=True, kw_only=True)
class SameLabels:
    """Keep a solution where no two annotators label any step differently (GenPRM)."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["same_labels"]
    of: tuple[str, ...]
    """Names of the annotators; the labels and values of the first are kept."""
    semantics: Semantics | None = None
    """What the labels claim; null for what all of them claim."""

    def combine(self, sources: Sequence[Labels]) -> Labels:
        """Return the first annotator's labels where all agree; pure.

        Correct and neutral do not differ here. A step that an annotator leaves unlabelled differs
        from nothing, but every annotator must label some step.
        """
        offsets = sources[0].counts.offsets
        says = _says(sources)
        differ = np.any(says, axis=1) & np.any(_says_not(sources), axis=1)
        unlike = ragged.first(np.asarray(differ), offsets) < ragged.lengths(offsets)
        labelled = np.array([source.steps.verdicts != UNLABELLED for source in sources])
        silent = [ragged.last(each, offsets) < 0 for each in labelled]
        whole = np.max([source.reasons for source in sources], axis=0)
        reasons = np.select(
            [whole > NONE, np.any(silent, axis=0), unlike],
            [whole, FIRST_ERROR_UNKNOWN, NO_CONSENSUS],
            NONE,
        )
        return _kept(self.semantics, sources, reasons.astype(np.int8))


@dataclass(frozen=True, slots=True, kw_only=True)
class SameSteps:
    """Keep the steps that enough annotators label and none labels differently."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["same_steps"]
    of: tuple[str, ...]
    """Names of the annotators; the values of the first are kept."""
    least: int = 2
    """Annotators that must label a step."""
    semantics: Semantics | None = None
    """What the labels claim; null for what all of them claim."""

    def __post_init__(self) -> None:
        if not 1 <= self.least <= len(self.of):
            raise ValueError(f"least must be 1 to {len(self.of)}, not {self.least}")

    def combine(self, sources: Sequence[Labels]) -> Labels:
        """Return one verdict a step, unlabelled where there is no consensus; pure."""
        wrong, sound = _says(sources).sum(axis=1), _says_not(sources).sum(axis=1)
        enough = wrong + sound >= self.least
        verdicts = np.select(
            [enough & (sound == 0), enough & (wrong == 0)], [INCORRECT, CORRECT], UNLABELLED
        )
        return _by_step(self.semantics, sources, verdicts, sources[0].steps.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """Weigh the annotators' verdicts on each step."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["weighted"]
    of: tuple[str, ...]
    """Names of the annotators."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Weight of each annotator, above 0; 1 where none is given."""
    share: float = 0.5
    """Share of the weight, in [0.5, 1), that must be exceeded for a verdict. The weight of
    annotators that leave the step unlabelled counts for neither side."""
    semantics: Semantics | None = None
    """What the labels claim; null for what all of them claim."""

    def __post_init__(self) -> None:
        strange = set(self.weights) - set(self.of)
        if strange or any(weight <= 0 for weight in self.weights.values()):
            raise ValueError(
                f"weights are above 0 and of annotators in `of`, {sorted(self.of)}, not "
                f"{dict(self.weights)}"
            )
        if not 0.5 <= self.share < 1:  # noqa: PLR2004 (less than half would contradict itself)
            raise ValueError(f"share must be in [0.5, 1), not {self.share}")

    def combine(self, sources: Sequence[Labels]) -> Labels:
        """Return one verdict a step; its value is the weight that calls it sound; pure."""
        weights = _whole([self.weights.get(name, 1.0) for name in self.of])
        wrong, sound = _says(sources) @ weights, _says_not(sources) @ weights
        verdicts = np.select(
            [wrong / weights.sum() > self.share, sound / weights.sum() > self.share],
            [INCORRECT, CORRECT],
            UNLABELLED,
        )
        with np.errstate(invalid="ignore"):
            values = sound / (wrong + sound)
        return _by_step(self.semantics, sources, verdicts, values)


CONSENSUS = "consensus"
"""Name of the annotator that labels from a consensus carry."""

Consensus = SameFirstError | SameLabels | SameSteps | Weighted | FirstToTell


def _whole(weights: Sequence[float]) -> IntArray:
    """Return whole numbers in the proportions of weights as written: 0.3 + 0.6 ties with 0.9."""
    exact = [Fraction(str(weight)) for weight in weights]
    scale = math.lcm(*(weight.denominator for weight in exact))
    return np.array([int(weight * scale) for weight in exact], dtype=np.int64)


def _says(sources: Sequence[Labels]) -> BoolArray:
    """Return who calls which step incorrect, bool[steps, annotators]."""
    return np.stack([source.steps.verdicts == INCORRECT for source in sources], axis=1)


def _says_not(sources: Sequence[Labels]) -> BoolArray:
    """Return who calls which step correct or neutral, bool[steps, annotators]."""
    labelled = np.stack([source.steps.verdicts != UNLABELLED for source in sources], axis=1)
    return labelled & ~_says(sources)


def _names_nothing(source: Labels) -> CodeArray:
    """Return why an annotator names neither a first error nor none, int8[solutions]."""
    named = names_first_error(source.steps.verdicts, source.counts.offsets)
    why = np.where(named, NONE, FIRST_ERROR_UNKNOWN)
    return np.where(source.reasons > NONE, source.reasons, why).astype(np.int8)


def _kept(semantics: Semantics | None, sources: Sequence[Labels], reasons: CodeArray) -> Labels:
    """Return the first annotator's labels, withdrawn where a solution has a reason."""
    first = sources[0]
    steps = first.steps.withdrawn(reasons, first.counts.offsets)
    return _labels(semantics, sources, steps, reasons)


def _by_step(
    semantics: Semantics | None,
    sources: Sequence[Labels],
    verdicts: IntArray,
    values: FloatArray,
) -> Labels:
    """Return labels that were agreed step by step."""
    silent = verdicts == UNLABELLED
    steps = StepLabels(
        verdicts=verdicts.astype(np.int8),
        values=np.where(silent, np.nan, values),
        interpolated=np.all([source.steps.interpolated for source in sources], axis=0),
        reasons=np.where(silent, NO_CONSENSUS, NONE).astype(np.int8),
    )
    return _labels(semantics, sources, steps, np.zeros_like(sources[0].reasons))


def _labels(
    semantics: Semantics | None,
    sources: Sequence[Labels],
    steps: StepLabels,
    reasons: CodeArray,
) -> Labels:
    first = sources[0]
    error = ragged.first(steps.verdicts == INCORRECT, first.counts.offsets)
    return replace(
        first,
        semantics=semantics or first.semantics,
        steps=steps,
        first_error=error,
        bracketed=first.bracketed & (error == first.first_error),
        reasons=reasons,
        spent=reduce(Spent.plus, (source.spent for source in sources)),
    )
