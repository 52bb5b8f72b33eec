"""How far annotators agree beyond chance.

Cohen's kappa (1960) for two annotators over what both label; Krippendorff's alpha for any number,
with gaps, on the nominal scale (the `krippendorff` library). 1 is full agreement, 0 what chance
gives, less is worse than chance. Undefined (NaN) where there is nothing to compare, or where only
one class was ever said.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from stepmark.counts import FloatArray
from stepmark.labels import UNLABELLED, CodeArray

TWO: Final = 2


def cohen(first: CodeArray, second: CodeArray) -> float:
    """Return Cohen's kappa of two annotators' verdict codes, int8[steps] each."""
    both = (first != UNLABELLED) & (second != UNLABELLED)
    first, second = first[both], second[both]
    if not len(first):
        return float("nan")
    observed = float((first == second).mean())
    chance = sum(
        float((first == verdict).mean() * (second == verdict).mean())
        for verdict in np.unique(first)
    )
    return (observed - chance) / (1 - chance) if chance < 1 else float("nan")


def cohen_matrix(verdicts: CodeArray) -> FloatArray:
    """Return the kappa of every pair, float64[annotators, annotators].

    Args:
        verdicts: int8[steps, annotators], codes of `VERDICTS`.
    """
    count = verdicts.shape[1]
    return np.array(
        [[cohen(verdicts[:, a], verdicts[:, b]) for b in range(count)] for a in range(count)]
    ).reshape(count, count)


def alpha(verdicts: CodeArray) -> float:
    """Return Krippendorff's alpha of annotators' verdict codes, int8[steps, annotators]."""
    import krippendorff

    paired = (verdicts != UNLABELLED).sum(axis=1) >= TWO
    rated = verdicts[paired].astype(np.float64)
    if len(np.unique(rated[rated != UNLABELLED])) < TWO:
        return float("nan")
    rated[rated == UNLABELLED] = np.nan
    return float(krippendorff.alpha(rated.T, level_of_measurement="nominal"))
