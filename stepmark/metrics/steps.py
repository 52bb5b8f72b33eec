"""Steps: PRMBench's F1 of right and of wrong ones, and the ROC AUC of values.

PRMBench (arXiv 2501.03124): F1 with right steps as the positive class, F1 with wrong ones, and
their mean, the PRM score. A step without a verdict is in neither class, so it costs recall and not
precision; a `neutral` verdict counts as right. Steps that gold calls neutral, or says nothing of,
are left out. AUC: the chance that a right step has a higher value than a wrong one, ties being half
a chance (Hanley and McNeil 1982); its interval is Obuchowski's (1997), with problems as clusters,
and rests on the problems of the rarer kind of steps (stepmark/metrics/intervals.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from stepmark.counts import FloatArray
from stepmark.labels import CORRECT, INCORRECT, NEUTRAL, VERDICTS, CodeArray
from stepmark.metrics.intervals import Estimate, Linear, mean_of, number_of, ratio_of

_RIGHT: Final = (CORRECT, NEUTRAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How well the verdicts of steps agree with gold."""

    right_f1: Estimate | None
    """F1 of right steps; null without any."""
    wrong_f1: Estimate | None
    """F1 of wrong steps; null without any."""
    mean_f1: Estimate | None
    """The mean of both, PRMBench's score; null where one of them is."""
    auc: Estimate | None
    """ROC AUC of the values, where there are values of right and of wrong steps."""
    confusion: dict[str, dict[str, int]]
    """Steps by gold's verdict and by the annotator's."""


def score_steps(
    gold: CodeArray, said: CodeArray, values: FloatArray, problems: npt.ArrayLike
) -> Steps:
    """Compare verdicts with gold.

    Args:
        gold: int8[steps], codes of `VERDICTS`.
        said: the annotator's, likewise.
        values: float64[steps], NaN where there is none.
        problems: the problem of each step.
    """
    names = np.asarray(problems)
    judged = (gold == CORRECT) | (gold == INCORRECT)
    true, told, where = gold[judged], said[judged], names[judged]
    right = _f1(true == CORRECT, np.isin(told, _RIGHT), where)
    wrong = _f1(true == INCORRECT, told == INCORRECT, where)
    valued = judged & ~np.isnan(values)
    return Steps(
        right_f1=right and right.estimate,
        wrong_f1=wrong and wrong.estimate,
        mean_f1=mean_of((right, wrong)) if right and wrong else None,
        auc=roc_auc(values[valued], gold[valued] == CORRECT, names[valued]),
        confusion={
            VERDICTS[a]: {
                VERDICTS[b]: int(((gold == a) & (said == b)).sum()) for b in np.unique(said)
            }
            for a in np.unique(gold)
        },
    )


def roc_auc(
    values: FloatArray, right: npt.NDArray[np.bool_], problems: npt.ArrayLike
) -> Estimate | None:
    """Return the chance that a right step has a higher value than a wrong one.

    Args:
        values: float64[steps].
        right: bool[steps].
        problems: the problem of each.
    """
    high, low = values[right], values[~right]
    if not len(high) or not len(low):
        return None
    wins, losses = _share_below(high, low), 1 - _share_below(low, high)
    value = float(wins.mean())
    influence, names = np.empty(len(values)), np.asarray(problems)
    influence[right] = (wins - value) / len(high)
    influence[~right] = (losses - value) / len(low)
    number = min(number_of(names[right]), number_of(names[~right]))
    return Linear(value, influence, names, number).estimate


def _share_below(values: FloatArray, others: FloatArray) -> FloatArray:
    """Return the share of the others that are below each value, those equal to it by half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(below / (2 * len(others)))


def _f1(
    there: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_], problems: npt.ArrayLike
) -> Linear | None:
    """Return an F1; None where the class is not there."""
    if not there.any():
        return None
    parts = 2 * (there & found).astype(np.float64)
    return ratio_of(parts, there.astype(np.float64) + found, problems)
