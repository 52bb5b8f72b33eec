"""FoVer's merge: text and evidence stay whole, labels are an AND, no two items alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.random_merge import RandomMerge
from filters.rows import COUNT_COLUMNS, steps_of
from storage.rows import LabelledSolution
from tests.fakes.filterable import Drawn, table
from tests.fakes.labelled import a_row, rows

ALWAYS = RandomMerge(method="random_merge", probability=1.0)


def changed(row: LabelledSolution, draws: Sequence[Drawn] | None = None) -> dict[str, Any]:
    made = ALWAYS.change(table(row, draws=None if draws is None else [draws]), None)
    one: dict[str, Any] = made.to_pylist()[0]
    return one


def test_pairs_are_joined_and_the_last_step_is_not():
    for steps, texts in ((5, ["01", "23", "4"]), (4, ["01", "2", "3"]), (3, ["01", "2"])):
        assert changed(a_row("C" * steps, tuple("01234"[:steps])))["steps"] == texts
    for steps in (0, 1, 2):
        assert len(changed(a_row("C" * steps))["steps"]) == steps


@pytest.mark.parametrize(
    ("pair", "verdict"),
    [
        ("CC", "correct"), ("CI", "incorrect"), ("IC", "incorrect"), ("?C", "unlabelled"),
        ("I?", "incorrect"), ("CN", "neutral"), ("N?", "unlabelled"),
    ],
)  # fmt: skip
def test_a_joint_step_is_as_good_as_the_worse_of_both(pair, verdict):
    row = changed(a_row(pair + "C"))
    assert row["verdicts"] == [verdict, "correct"]
    assert row["first_error"] == (0 if "I" in pair else None)


@pytest.mark.parametrize(("semantics", "value"), [("potential", 0.9), ("correctness", 0.2)])
def test_values_and_counts_are_those_of_the_longer_prefix(semantics, value):
    row = a_row("CCC", values=(0.2, 0.9, 1.0), semantics=semantics)
    made = changed(row, draws=[(1, 4), (9, 1, 2), (1, 0)])
    assert made["values"] == [value, 1.0]
    assert [made[name] for name in COUNT_COLUMNS] == [[9, 1], [1, 0], [2, 0]]


@pytest.mark.parametrize(
    ("pair", "joint"), [((True, False), True), ((False, True), True), ((False, False), False)]
)
def test_a_joint_step_is_interpolated_where_one_of_both_is(pair, joint):
    """Its verdict is the worse of both, so it rests on both."""
    assert changed(a_row("CCC", interpolated=(*pair, False)))["interpolated"] == [joint, False]


def test_a_row_that_changes_has_an_id_of_its_own():
    assert changed(a_row("CC"))["id"] == "so_1"
    one, other = (changed(a_row("C" * n))["id"] for n in (3, 5))
    assert len({one, other, "so_1"}) == 3


def test_items_are_merged_at_different_places():
    block = RandomMerge(method="random_merge")
    many = table(*(a_row("C" * 12, id=f"so_{n:032x}") for n in range(40)))
    made = block.change(many, None)
    lengths = [len(steps) for steps in made["steps"].to_pylist()]
    assert len({tuple(map(len, steps)) for steps in made["steps"].to_pylist()}) > 20
    assert sum(12 - n for n in lengths) == pytest.approx(40 * 11 / 6, rel=0.35)


@settings(max_examples=40)
@given(st.lists(rows(), max_size=4), st.floats(0, 1))
def test_nothing_of_a_text_is_lost_and_a_first_error_stays_one(some, probability):
    before = table(*some)
    after = RandomMerge(method="random_merge", probability=probability).change(before, None)
    assert after.schema == before.schema
    texts = [["".join(steps) for steps in each["steps"].to_pylist()] for each in (before, after)]
    assert texts[0] == texts[1]
    has_error = [(s.first_error < s.lengths).tolist() for s in map(steps_of, (before, after))]
    assert has_error[0] == has_error[1]
