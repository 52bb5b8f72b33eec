"""One solution read by a rule, in a form that a test can state."""

from __future__ import annotations

import numpy as np

from annotators.rules import Rule
from annotators.rules.reading import REASONS, VERDICTS
from tests.fakes.counts import Triple, counts_of

LETTERS = {"correct": "C", "incorrect": "I", "unlabelled": "?"}


def verdicts(rule: Rule, root: Triple, *steps: Triple) -> str:
    """One letter a step: C correct, I incorrect, ? unlabelled."""
    reading = rule.read(counts_of([steps], [root]))
    return "".join(LETTERS[VERDICTS[code]] for code in reading.verdicts)


def values(rule: Rule, root: Triple, *steps: Triple) -> list[float | None]:
    """Values to four digits, None where there is none."""
    reading = rule.read(counts_of([steps], [root]))
    return [None if np.isnan(value) else round(value, 4) for value in reading.values.tolist()]


def reasons(rule: Rule, root: Triple, *steps: Triple) -> list[str | None]:
    """Why a rule withholds labels; None where it does not or the step's own draws are why."""
    reading = rule.read(counts_of([steps], [root]))
    assert reading.reasons is not None
    return [REASONS[code] for code in reading.reasons]
