"""Which solutions are shown: some of every kind, the same ones every time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.ids import content_id
from storage.report.choice import DIFFER, UNCERTAIN, choose, disagree, uncertainty
from tests.fakes.said import said

IDS = [content_id("so", n) for n in range(40)]
OUTCOMES = pa.array((["correct"] * 3 + ["incorrect"]) * 10)


def test_every_kind_is_there_and_bounded():
    one, other = said(*["CC"] * 40, ids=IDS), said(*["CC"] * 20 + ["CI"] * 20, ids=IDS)
    found = choose([one, other], one, OUTCOMES, of_each=3)
    assert len(found) <= 9
    for kind in ("correct", "incorrect", DIFFER):
        assert sum(kind in kinds for kinds in found.values()) >= 3


def test_the_order_of_the_source_changes_nothing():
    there = choose([said(*["CC"] * 40, ids=IDS)], said(*["CC"] * 40, ids=IDS), OUTCOMES, 2)
    back = said(*["CC"] * 40, ids=IDS[::-1])
    assert choose([back], back, OUTCOMES[::-1], 2) == there


def test_the_least_certain_come_first():
    values = np.repeat(np.linspace(0.5, 1, 40), 2).tolist()
    soft = said(*["CC"] * 40, ids=IDS, values=values)
    uncertain = [i for i, kinds in choose([soft], soft, OUTCOMES, 3).items() if UNCERTAIN in kinds]
    assert sorted(uncertain) == sorted(IDS[:3])


def test_those_that_differ_most_come_first():
    one = said(*["CCCC"] * 40, ids=IDS)
    other = said(*["CCCI"] * 38, "ICCC", "CCCC", ids=IDS)
    first = next(iter(choose([one, other], one, OUTCOMES, 1)))
    assert first == IDS[38]


def test_a_solution_on_which_they_differ_is_said_to_be_so_whatever_it_was_chosen_for():
    one, other = said(*["CC"] * 40, ids=IDS), said(*["CI"] * 40, ids=IDS)
    found = choose([one, other], one, OUTCOMES, 2)
    assert all(DIFFER in kinds for kinds in found.values())


def test_who_leaves_a_step_open_that_may_be_the_first_error_differs_from_nobody():
    one, other = said("CI", "CC", "CCIC", "CCCC"), said("??", "C?", "C???", "C???")
    assert disagree([one, other]).tolist() == [False] * 4


def test_an_error_after_open_steps_differs_from_who_calls_them_all_sound():
    assert disagree([said("??I", "??I"), said("CCC", "CC?")]).tolist() == [True, False]


def test_an_even_chance_is_the_least_certain_value():
    soft = said("CC", "CC", "?", values=(0.5, 0.5, 0, 1, np.nan))
    assert uncertainty(soft).tolist() == pytest.approx([1, 0, 0])


@given(st.lists(st.text("CI?", min_size=1, max_size=4), min_size=1, max_size=30), st.integers(1, 5))
def test_what_is_shown_is_bounded_and_shown_once(letters, of_each):
    one = said(*letters)
    outcomes = pa.array(["unknown"] * len(letters))
    found = choose([one, said(*letters)], one, outcomes, of_each)
    assert len(found) <= 3 * of_each
    assert set(found) <= set(one.solutions.to_pylist())
