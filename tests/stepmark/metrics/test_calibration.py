"""Calibration: values that are as often true as they say, and what they cost where not."""

from __future__ import annotations

import numpy as np
import pytest

from stepmark.metrics.calibration import calibrate, calibration_error

VALUES = np.repeat([0.25, 0.75], 4)
TRUTH = np.array([1, 0, 0, 0, 1, 1, 1, 0], dtype=bool)


def test_values_that_are_as_often_true_as_they_say_have_no_calibration_error():
    assert calibration_error(VALUES, TRUTH.astype(float)) == pytest.approx(0)
    assert calibration_error(VALUES, 1 - TRUTH.astype(float)) == pytest.approx(0.5)
    assert calibration_error(np.empty(0), np.empty(0)) == 0


def test_brier_is_the_mean_squared_distance():
    found = calibrate(VALUES, TRUTH, np.arange(8))
    assert found is not None
    assert found.brier.value == pytest.approx(0.1875)
    assert found.bins == (
        {"steps": 4, "value": 0.25, "right": 0.25},
        {"steps": 4, "value": 0.75, "right": 0.75},
    )


def test_verdicts_that_stand_for_values_are_no_chances():
    assert calibrate(np.array([0.0, 1.0]), TRUTH[:2], ["a", "b"]) is None
    assert calibrate(np.empty(0), TRUTH[:0], []) is None
