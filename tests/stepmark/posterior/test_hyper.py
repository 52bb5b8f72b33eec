"""Hyper-parameters out of range are refused."""

from __future__ import annotations

import math

import pytest

from stepmark.posterior import Hyper, grid_of


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": (1.0, 2.0)}, "shape takes 3 weights, not 2"),
        ({"shape": (1.0, -1.0, 1.0)}, "shape must be weights of at least 0"),
        ({"shape": (0.0, 0.0, 0.0)}, "shape must be weights of at least 0"),
        ({"shape": (math.nan, 1.0, 1.0)}, "shape must be weights of at least 0"),
        ({"place": ()}, "place takes 1 weights, not 0"),
        ({"concentration": 0.0}, "concentration must be above 0"),
        ({"concentration": math.inf}, "concentration must be above 0"),
        ({"error_if_right": 1.0}, "error_if_right must be between 0 and 1"),
        ({"error_if_unknown": 0.0}, "error_if_unknown must be between 0 and 1"),
    ],
)
def test_hyper_parameters_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Hyper(**changes)


def test_a_model_of_no_steps_is_refused():
    with pytest.raises(ValueError, match="at least 1 step, not 0"):
        grid_of(Hyper(), 0, "incorrect")
