"""Assign problems to splits by their hash, so that no problem is in two of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from stepmark.errors import RecipeError
from stepmark.ids import content_id, fraction_of


def split_of(problem_id: str, splits: Mapping[str, float]) -> str:
    """Return the split of a problem, given the share of each split.

    Pure: it depends on the problem and the shares alone, neither on the order of the splits nor on
    other problems or solutions. The id is hashed again, so that a pilot or a partition chosen by
    `fraction_of` does not fall into one split.
    """
    check_shares(splits)
    place = fraction_of(content_id("sp", problem_id))
    names = sorted(name for name, share in splits.items() if share)
    reached = 0.0
    for name in names:
        reached += splits[name]
        if place < reached:
            return name
    return names[-1]


def check_shares(splits: Mapping[str, float]) -> None:
    """Raise RecipeError unless the shares are positive or zero and sum to 1."""
    total = math.fsum(splits.values())
    if any(not 0 <= share <= 1 for share in splits.values()) or not math.isclose(total, 1):
        message = f"shares of splits must be from 0 to 1 and sum to 1, not {dict(splits)}"
        raise RecipeError(message)
