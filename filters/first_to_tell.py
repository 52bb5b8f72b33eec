"""Precedence: each solution has the labels of the first annotator that can tell.

For people before machines: what people said stands, and where nobody looked the next annotator's
labels do. Ours; no paper (OPV, arXiv 2512.10756, trains on its experts' labels alone). Where people
looked and differ (`tied`) nobody after them is asked: that the case is doubtful is what is known.
All here is pure arithmetic on stored labels, as in filters/consensus.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from stepmark import ragged
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import BoolArray, IntArray
from stepmark.evidence import Spent
from stepmark.labels import NONE, TIED, UNLABELLED, Labels, StepLabels
from stepmark.records import Semantics


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstToTell:
    """Take each solution's labels from the first annotator that labels any step of it."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["first_to_tell"]
    of: tuple[str, ...]
    """Names of the annotators, the one that has precedence first."""
    semantics: Semantics | None = None
    """What the labels claim; null for what all of them claim."""

    def combine(self, sources: Sequence[Labels]) -> Labels:
        """Return one annotator's labels a solution, with its counts and reasons; pure.

        Where nobody tells the last one's reasons stand.
        """
        first = sources[0]
        tells = np.stack([_tells(source) for source in sources])
        chosen = np.where(tells.any(axis=0), tells.argmax(axis=0), len(sources) - 1)
        at_step = chosen[ragged.owners(first.counts.offsets)]

        def of_steps(part: Callable[[Labels], npt.NDArray[Any]]) -> Any:
            return _picked([part(source) for source in sources], at_step)

        def of_solutions(part: Callable[[Labels], npt.NDArray[Any]]) -> Any:
            return _picked([part(source) for source in sources], chosen)

        return replace(
            first,
            semantics=self.semantics or first.semantics,
            steps=StepLabels(
                verdicts=of_steps(lambda source: source.steps.verdicts),
                values=of_steps(lambda source: source.steps.values),
                interpolated=of_steps(lambda source: source.steps.interpolated),
                reasons=of_steps(lambda source: source.steps.reasons),
            ),
            counts=replace(
                first.counts,
                correct=of_steps(lambda source: source.counts.correct),
                incorrect=of_steps(lambda source: source.counts.incorrect),
                unknown=of_steps(lambda source: source.counts.unknown),
            ),
            first_error=of_solutions(lambda source: source.first_error),
            bracketed=of_solutions(lambda source: source.bracketed),
            reasons=of_solutions(lambda source: source.reasons),
            spent=reduce(Spent.plus, (source.spent for source in sources)),
        )


def _tells(source: Labels) -> BoolArray:
    """Tell where an annotator has the last word, bool[solutions]."""
    labelled = ragged.last(source.steps.verdicts != UNLABELLED, source.counts.offsets) >= 0
    tells: BoolArray = (source.reasons == TIED) | ((source.reasons == NONE) & labelled)
    return tells


def _picked(parts: Sequence[npt.NDArray[Any]], which: IntArray) -> npt.NDArray[Any]:
    """Return each entry from the part that `which` says."""
    picked: npt.NDArray[Any] = np.stack(parts)[which, np.arange(len(which))]
    return picked
