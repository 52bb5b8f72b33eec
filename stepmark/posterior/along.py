"""Evidence step by step, summed up for each place where the first error may be."""

from __future__ import annotations

import numpy as np

from stepmark.counts import FloatArray


def by_first_error(before: FloatArray, at: FloatArray, after: FloatArray) -> FloatArray:
    """Return log likelihoods of each first error: float64[..., steps + 1], the last for none.

    Args:
        before: float64[..., steps], the log likelihood of what was seen at each step if it comes
            before the first error.
        at: the same if it is the first error.
        after: the same if it comes after.
    """
    start = np.zeros((*before.shape[:-1], 1))
    earlier = np.concatenate([start, np.cumsum(before, axis=-1)], axis=-1)
    later = np.concatenate([np.cumsum(after[..., ::-1], axis=-1)[..., ::-1], start], axis=-1)
    with_error = earlier[..., :-1] + at + later[..., 1:]
    return np.concatenate([with_error, earlier[..., -1:]], axis=-1)
