"""Distances between reward functions, by hand and by law."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.report.distance import correlation, differences, distance, ranks
from tests.fakes.said import said

values = st.lists(st.floats(0, 1).map(lambda x: round(x, 3)), min_size=4, max_size=4)


def test_equal_rewards_are_at_no_distance():
    one = said("CC", "CC", values=(0.1, 0.9, 0.4, 0.3))
    far = distance(one, one)
    assert (far.steps, far.mean_absolute) == (4, 0)
    assert [far.pearson, far.ranks, far.solutions] == pytest.approx([0, 1, 1], abs=1e-6)


def test_opposed_rewards_are_furthest_apart():
    one = said("CC", "CC", values=(0.0, 1.0, 0.2, 0.8))
    other = said("CC", "CC", values=(1.0, 0.0, 0.8, 0.2))
    far = distance(one, other)
    assert far.pearson == pytest.approx(1)
    assert far.ranks == pytest.approx(-1)
    assert far.mean_absolute == pytest.approx(0.8)


def test_another_unit_is_no_distance_though_the_values_differ():
    one = said("CCC", values=(0.2, 0.4, 0.8))
    other = said("CCC", values=(0.1, 0.2, 0.4))
    far = distance(one, other)
    assert far.pearson == pytest.approx(0, abs=1e-6)
    assert far.mean_absolute == pytest.approx((0.1 + 0.2 + 0.4) / 3)


def test_solutions_are_ranked_by_their_lowest_value():
    one = said("CC", "CC", "CC", values=(0.9, 0.1, 0.8, 0.2, 0.7, 0.3))
    other = said("CC", "CC", "CC", values=(0.1, 0.5, 0.2, 0.6, 0.3, 0.7))
    assert distance(one, other).solutions == pytest.approx(1)


def test_steps_that_one_has_no_value_for_are_left_out():
    one = said("CC", "C?", values=(0.1, 0.9, 0.4, np.nan))
    other = said("CC", "CC", values=(0.1, 0.9, 0.4, 0.7))
    assert distance(one, other).steps == 3


def test_a_reward_that_never_varies_has_no_correlation():
    one, other = said("CC", values=(1, 1)), said("CC", values=(0.3, 0.4))
    far = distance(one, other)
    assert (far.pearson, far.ranks, far.solutions) == (None, None, None)
    assert far.mean_absolute == pytest.approx(0.65)


def test_nothing_in_common_has_no_figure():
    far = distance(said("?", values=[np.nan]), said("C", values=[1]))
    assert (far.steps, far.mean_absolute, far.pearson) == (0, None, None)


def test_a_solution_differs_by_the_mean_of_its_steps():
    one, other = said("CC", "C?"), said("IC", "CC", values=(0, 0.5, 1, 0.2))
    assert differences(one, other).tolist() == pytest.approx([0.75, 0])


def test_ties_share_their_mean_rank():
    assert ranks(np.array([0.5, 0.1, 0.5, 0.9])).tolist() == [1.5, 0, 1.5, 3]


@given(values, values)
def test_the_distance_is_symmetric_and_bounded(first, second):
    one, other = said("CC", "CC", values=first), said("CC", "CC", values=second)
    there, back = distance(one, other), distance(other, one)
    assert astuple(there) == pytest.approx(astuple(back), abs=1e-6)
    for figure in (there.pearson, there.mean_absolute):
        assert figure is None or 0 <= figure <= 1
    assert there.ranks is None or -1 <= there.ranks <= 1


@given(values, st.floats(0.1, 1), st.floats(0, 1))
def test_scale_and_offset_change_no_correlation(first, scale, offset):
    array = np.array(first)
    found = correlation(array, array * scale + offset)
    assert found is None or found == pytest.approx(1)
