"""Dawid–Skene: how often each annotator errs, from their disagreements alone.

Paper: Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM
algorithm", Applied Statistics 28 (1979) 20–28, eq. 2.3–2.5. Starts from the share of votes for each
class. Annotators count as independent given the truth: errors that they share look like skill.
Deviations: `smoothing` adds so many votes to every cell of a confusion matrix, so that a class that
an annotator never met does not rule it out; 0 is the paper's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stepmark.counts import FloatArray
from stepmark.labels import CodeArray

MISSING = -1
"""The vote of an annotator that says nothing of an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """What was fitted."""

    shares: FloatArray
    """float64[classes]: how common each class is."""
    confusion: FloatArray
    """float64[annotators, classes, classes]: chance of saying k (last) when the truth is j."""
    classes: FloatArray
    """float64[items, classes]: chance of each class of each item."""


def fit(
    votes: CodeArray,
    classes: int,
    *,
    smoothing: float = 0.01,
    rounds: int = 200,
    gain: float = 1e-8,
) -> Reliability:
    """Fit confusion matrices and the truth together.

    Args:
        votes: int8[items, annotators], classes from 0, `MISSING` for no vote; each item has one.
        classes: how many classes there are.
        smoothing: votes added to each cell.
        rounds: most rounds of expectation and maximisation.
        gain: stop when the log likelihood rises by less, per vote.
    """
    cast = votes[:, :, None] == np.arange(classes)
    believed = cast.sum(axis=1) / cast.sum(axis=(1, 2))[:, None]
    before = -np.inf
    for _ in range(rounds):
        shares = believed.mean(axis=0)
        counted = np.einsum("ij,iak->ajk", believed, cast) + smoothing
        confusion = counted / np.maximum(counted.sum(axis=2, keepdims=True), np.finfo(float).tiny)
        with np.errstate(divide="ignore"):
            logs = np.log(confusion)
            joint = np.log(shares) + _sum_of_said(cast, logs)
        peak = joint.max(axis=1, keepdims=True)
        likelihood = np.exp(joint - peak)
        believed = likelihood / likelihood.sum(axis=1, keepdims=True)
        now = float((peak[:, 0] + np.log(likelihood.sum(axis=1))).sum())
        if now - before < gain * cast.sum():
            break
        before = now
    return Reliability(shares=shares, confusion=confusion, classes=believed)


def _sum_of_said(cast: np.ndarray, logs: FloatArray) -> FloatArray:
    """Add up the log chances of what was said, for each item and true class."""
    items, annotators, _ = cast.shape
    total = np.zeros((items, logs.shape[1]))
    for annotator in range(annotators):
        item, said = np.nonzero(cast[:, annotator])
        total[item] += logs[annotator][:, said].T
    return total
