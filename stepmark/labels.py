"""Step labels of many solutions as arrays: what an annotator returns and shards are written from.

`stepmark.records` says what each column means; here verdicts and reasons are small codes, and a
value that was not measured is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepmark import ragged
from stepmark.counts import BoolArray, Counts, FloatArray, IntArray
from stepmark.errors import StorageError
from stepmark.evidence import Spent
from stepmark.records import Semantics, Verdict

CodeArray = npt.NDArray[np.int8]

VERDICTS: Final[tuple[Verdict, ...]] = ("unlabelled", "correct", "incorrect", "neutral")
"""Verdicts by code."""
UNLABELLED, CORRECT, INCORRECT, NEUTRAL = range(4)

REASONS: Final = (
    None,
    "not_probed",
    "too_many_unknown",
    "after_first_error",
    "no_steps",
    "right_answer",
    "unknown_outcome",
    "before_not_measured",
    "root_not_measured",
    "rarely_solved",
    "undecided",
    "prover_not_measured",
    "unreadable",
    "tied",
    "no_reference",
    "no_consensus",
    "first_error_unknown",
    "nothing_to_check",
    "unclear",
    "timed_out",
    "failed",
    "contradicted",
    "only_compared",
    "not_reviewed",
    "cannot_tell",
    "no_scores",
    "other_steps",
    "still_right",
)
"""Why a step is unlabelled or a solution has no labels, by code. Five are a rule's own, from
`before_not_measured`: nothing believable is known of the prefix before the step, or of the bare
problem; the bare problem is solved too rarely for the rule; there is a value, and it clears no
threshold; nothing believable is known of what the prover makes of the step. Three are a judge's:
too few of its replies could be read, they tie, it needs a reference answer and there is none. Two
are a consensus's: annotators differ, or one leaves a step unlabelled before it names a first error.
Five are a verifier's: the step asserts nothing that it checks; what it asserts is not clear enough;
the check was killed at its limit; the check broke; a fusion says other than what was found. One is
of preferences: steps were compared with each other, which says nothing of a step by itself. Two are
of people: nobody looked at the solution, or nobody who did can tell. Two are of published scores:
their file has none for the step, or has the solution cut into other steps. One is of injections:
the answer is still right although an error of the kind that was asked for should have changed it.
"""
NONE, NOT_PROBED, TOO_MANY_UNKNOWN, AFTER_FIRST_ERROR, NO_STEPS, RIGHT_ANSWER, UNKNOWN_OUTCOME = (
    range(7)
)
BEFORE_NOT_MEASURED, ROOT_NOT_MEASURED, RARELY_SOLVED, UNDECIDED, PROVER_NOT_MEASURED = range(7, 12)
UNREADABLE, TIED, NO_REFERENCE, NO_CONSENSUS, FIRST_ERROR_UNKNOWN = range(12, 17)
NOTHING_TO_CHECK, UNCLEAR, TIMED_OUT, FAILED, CONTRADICTED = range(17, 22)
ONLY_COMPARED = 22
NOT_REVIEWED, CANNOT_TELL, NO_SCORES, OTHER_STEPS = range(23, 27)


def codes_of(column: pa.ChunkedArray | pa.Array, among: tuple[str | None, ...]) -> CodeArray:
    """Return the codes of stored verdicts or reasons, int8.

    Args:
        column: texts.
        among: `VERDICTS` or `REASONS`.

    Raises:
        StorageError: one of the texts is none of them.
    """
    codes = pc.index_in(column, value_set=pa.array(among, pa.string()))
    if codes.null_count:
        strange = column.filter(pc.is_null(codes))[0].as_py()
        raise StorageError(
            f"A stored row says {strange!r}, which is none of {', '.join(map(str, among))}. It was "
            "written by another version: build anew with --replace."
        )
    result: CodeArray = codes.to_numpy().astype(np.int8)
    return result


def verdicts_of(codes: CodeArray) -> pa.Array:
    """Return the verdicts that codes stand for, as they are stored."""
    return pa.array(VERDICTS).take(pa.array(codes))


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLabels:
    """One entry a step."""

    verdicts: CodeArray
    """int8[steps], codes of `VERDICTS`."""
    values: FloatArray
    """float64[steps] in [0, 1], NaN where nothing was measured."""
    interpolated: BoolArray
    """bool[steps]: the verdict follows from other steps' evidence."""
    reasons: CodeArray
    """int8[steps], codes of `REASONS`; `NONE` where there is a verdict."""

    def withdrawn(self, whole: CodeArray, offsets: IntArray) -> StepLabels:
        """Return the labels without those of solutions that are given up as a whole.

        Args:
            whole: int8[solutions], codes of `REASONS`: why; `NONE` where the labels stay.
            offsets: int64[solutions + 1], where each solution's steps start.
        """
        why = whole[ragged.owners(offsets)]
        lost = why != NONE
        return StepLabels(
            verdicts=np.where(lost, UNLABELLED, self.verdicts).astype(np.int8),
            values=np.where(lost, np.nan, self.values),
            interpolated=self.interpolated & ~lost,
            reasons=np.where(lost, why, self.reasons).astype(np.int8),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What one annotator says of many solutions."""

    semantics: Semantics
    """What a label claims."""
    steps: StepLabels
    """The labels, cut by `counts.offsets`."""
    counts: Counts
    """What they rest on."""
    first_error: IntArray
    """int64[solutions]: index of the earliest `incorrect` step; the number of steps without one."""
    bracketed: BoolArray
    """bool[solutions]: whether the first error was measured from both sides."""
    reasons: CodeArray
    """int8[solutions], codes of `REASONS`: why a whole solution has no labels; none of its steps
    has one then."""
    spent: Spent
    """What the evidence cost."""


def sound_steps(verdicts: CodeArray, offsets: IntArray) -> IntArray:
    """Return how many steps from the start of each solution are called correct or neutral.

    Args:
        verdicts: int8[steps], codes of `VERDICTS`.
        offsets: int64[solutions + 1], where each solution's steps start.
    """
    return ragged.first((verdicts == INCORRECT) | (verdicts == UNLABELLED), offsets)


def names_first_error(verdicts: CodeArray, offsets: IntArray) -> BoolArray:
    """Tell of which solutions verdicts name the first error, or name none.

    They do where every step before the first `incorrect` one is called correct or neutral, or every
    step is. An unlabelled step may be wrong: with one before it an `incorrect` step need not be the
    first, and with one anywhere a solution need not be free of errors. A solution without a step
    has nothing named of it.

    Args:
        verdicts: int8[steps], codes of `VERDICTS`.
        offsets: int64[solutions + 1], where each solution's steps start.
    """
    sound = sound_steps(verdicts, offsets)
    named: BoolArray = sound == ragged.first(verdicts == INCORRECT, offsets)
    return named & (ragged.lengths(offsets) > 0)
