"""Flat arrays over the steps of many solutions, cut by offsets.

`offsets` is int64[solutions + 1]: the steps of solution s are those from `offsets[s]` up to
`offsets[s + 1]`. A solution may have no step.
"""

from __future__ import annotations

import numpy as np

from stepmark.counts import BoolArray, IntArray


def lengths(offsets: IntArray) -> IntArray:
    """Return how many steps each solution has, int64[solutions]."""
    return np.diff(offsets)


def owners(offsets: IntArray) -> IntArray:
    """Return the solution of each step, int64[steps]."""
    return np.repeat(np.arange(len(offsets) - 1), lengths(offsets))


def indices(offsets: IntArray) -> IntArray:
    """Return each step's index in its own solution, from 0, int64[steps]."""
    result: IntArray = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths(offsets))
    return result


def first(holds: BoolArray, offsets: IntArray) -> IntArray:
    """Return the index of the first step of each solution where `holds` is true.

    A solution without one gets its number of steps, which comes after every index.
    """
    found = lengths(offsets)
    np.minimum.at(found, owners(offsets)[holds], indices(offsets)[holds])
    return found


def last(holds: BoolArray, offsets: IntArray) -> IntArray:
    """Return the index of the last step of each solution where `holds` is true, −1 without one."""
    found = np.full(len(offsets) - 1, -1, dtype=np.int64)
    np.maximum.at(found, owners(offsets)[holds], indices(offsets)[holds])
    return found
