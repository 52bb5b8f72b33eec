"""Figures of a report, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.report.figures import (
    POSITIONS,
    calibration,
    first_errors,
    values_by_position,
    verdict_counts,
)
from tests.fakes.said import said

solutions = st.lists(st.text("CI?N", min_size=1, max_size=30), max_size=20)


def test_steps_are_counted_by_verdict():
    assert verdict_counts(said("CCI", "?N")) == {
        "unlabelled": 1,
        "correct": 2,
        "incorrect": 1,
        "neutral": 1,
    }


def test_first_errors_are_counted_by_index_and_by_place():
    found = first_errors(said("CI", "ICCC", "CCCCI", "CC", "C?", "??"))
    assert found.at[:5].tolist() == [1, 1, 0, 0, 1]
    assert found.relative.tolist() == [1, 0, 0, 1, 1]
    assert (found.none, found.unknown) == (1, 2)


def test_late_first_errors_are_counted_together():
    found = first_errors(said("C" * 30 + "I", "C" * 25 + "I"))
    assert found.at[POSITIONS] == 2


@given(solutions)
def test_every_solution_is_counted_once(letters):
    found = first_errors(said(*letters))
    assert found.at.sum() + found.none + found.unknown == len(letters)
    assert found.relative.sum() == found.at.sum()


def test_values_are_spread_by_position_among_the_solutions_asked_for():
    scores = said("CC", "CC", "C", values=(0.2, 0.4, 0.6, np.nan, 1.0))
    first, second = values_by_position(scores, np.array([True, True, False]))
    assert [first.position, first.count, first.mean] == pytest.approx([0, 2, 0.4])
    assert first.quartiles == pytest.approx((0.3, 0.5))
    assert [second.position, second.count, second.mean] == pytest.approx([1, 1, 0.4])


def test_a_calibrated_value_is_on_the_diagonal():
    values = np.repeat([0.25, 0.75], 4)
    found = calibration(values, np.array([1, 0, 0, 0, 1, 1, 1, 0], dtype=bool))
    assert found is not None
    assert found.counts.tolist() == [0, 0, 4, 0, 0, 0, 0, 4, 0, 0]
    assert found.error == pytest.approx(0)


def test_an_overconfident_value_is_off_it_by_as_much_as_it_claims_too_much():
    found = calibration(np.array([1.0, 1.0]), np.array([True, False]))
    assert found is not None
    assert found.error == pytest.approx(0.5)


def test_nothing_compares_with_nothing():
    assert calibration(np.zeros(0), np.zeros(0, dtype=bool)) is None
