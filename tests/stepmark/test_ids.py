"""Ids: one content, one id."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from stepmark.ids import canonical_json, content_id, digest, fraction_of

texts = st.text(max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def test_an_id_is_its_kind_and_32_hexadecimal_digits():
    assert re.fullmatch(r"pb_[0-9a-f]{32}", content_id("pb", "1 + 1"))


def test_an_id_never_changes_between_releases():
    """A changed value here means that no ledger and no build can be resumed: raise its format."""
    assert content_id("pb", "1 + 1", None, {"b": 2, "a": "é😀"}) == (
        "pb_289622c12bdd621eca9dcafbc3a94c68"
    )


@given(st.dictionaries(texts, json_values, min_size=2, max_size=5))
def test_ids_do_not_depend_on_the_order_of_keys(value):
    backwards = dict(reversed(value.items()))
    assert content_id("x", backwards) == content_id("x", value)


@given(st.lists(json_values, max_size=3), st.lists(json_values, max_size=3))
def test_equal_parts_and_only_they_have_equal_ids(left, right):
    same_bytes = canonical_json(left) == canonical_json(right)
    assert (content_id("x", *left) == content_id("x", *right)) is same_bytes


def test_the_kind_and_the_borders_between_parts_count():
    ids = {content_id("a", "xy"), content_id("b", "xy"), content_id("a", "x", "y")}
    assert len(ids) == 3


def test_a_number_is_not_its_text_and_nothing_is_not_the_empty_text():
    assert len({digest(1), digest("1"), digest(None), digest(""), digest(True)}) == 5


def test_a_lone_surrogate_has_an_id():
    assert content_id("x", "\ud800") != content_id("x", "\ud801")


@given(st.text())
def test_the_fraction_of_an_id_lies_in_the_unit_interval(text):
    assert 0 <= fraction_of(content_id("pb", text)) < 1


def test_the_fractions_of_the_first_and_last_ids_are_the_ends_of_the_interval():
    assert fraction_of("pb_" + "0" * 32) == 0
    assert fraction_of("pb_" + "f" * 32) == 1 - 16**-13


def test_fractions_spread_evenly():
    fractions = [fraction_of(content_id("pb", i)) for i in range(2000)]
    assert all(150 < sum(k <= 10 * f < k + 1 for f in fractions) < 250 for k in range(10))
