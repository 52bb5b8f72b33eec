"""Splits by problem hash."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.errors import RecipeError
from stepmark.ids import content_id, fraction_of
from stepmark.problems import split_of

SHARES = {"train": 0.9, "validation": 0.04, "test": 0.06}
IDS = [content_id("pb", number) for number in range(20_000)]


def test_shares_are_met() -> None:
    counts = Counter(split_of(identifier, SHARES) for identifier in IDS)
    for name, share in SHARES.items():
        assert counts[name] / len(IDS) == pytest.approx(share, abs=0.01)


@given(st.integers(), st.permutations(sorted(SHARES)))
def test_split_does_not_depend_on_the_order_of_the_shares(number: int, order: list[str]) -> None:
    identifier = content_id("pb", number)
    shuffled = {name: SHARES[name] for name in order}
    assert split_of(identifier, shuffled) == split_of(identifier, SHARES)


def test_pilot_by_hash_does_not_fall_into_one_split() -> None:
    pilot = [identifier for identifier in IDS if fraction_of(identifier) < 0.1]
    assert {split_of(identifier, SHARES) for identifier in pilot} == set(SHARES)


def test_split_without_a_share_gets_nothing() -> None:
    assert {split_of(identifier, {"a": 1.0, "z": 0.0}) for identifier in IDS[:1000]} == {"a"}


@pytest.mark.parametrize("shares", [{}, {"a": 0.5}, {"a": 1.5, "b": -0.5}, {"a": float("nan")}])
def test_shares_that_make_no_whole_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(RecipeError, match="sum to 1"):
        split_of(IDS[0], shares)
