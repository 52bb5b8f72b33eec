"""Isotonic calibration: the curve, what it is fitted on, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.isotonic import Curve, Isotonic, regression
from stepmark.errors import FilterError
from tests.fakes.filterable import NOWHERE, table
from tests.fakes.labelled import a_row

FILTER = Isotonic(method="isotonic")


def test_violators_are_pooled():
    points, rates = regression(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 1.0, 0.0, 1.0]))
    assert points.tolist() == [0.1, 0.2, 0.3, 0.4]
    assert rates.tolist() == [0.0, 0.5, 0.5, 1.0]


def test_equal_values_weigh_as_many():
    _, rates = regression(np.array([0.1, 0.5, 0.5, 0.9]), np.array([1.0, 0.0, 0.0, 1.0]))
    assert rates.tolist() == [pytest.approx(1 / 3)] * 2 + [1.0]


samples = st.lists(st.tuples(st.sampled_from([n / 8 for n in range(9)]), st.booleans()), min_size=1)


@given(samples)
def test_the_curve_never_falls_keeps_the_mean_and_fits_no_worse(pairs):
    values, outcomes = (np.array(each, dtype=float) for each in zip(*pairs, strict=True))
    points, rates = regression(values, outcomes)
    fitted = np.interp(values, points, rates)
    assert (np.diff(rates) >= 0).all()
    assert fitted.mean() == pytest.approx(outcomes.mean())
    assert ((fitted - outcomes) ** 2).mean() <= ((values - outcomes) ** 2).mean() + 1e-12


def test_it_is_fitted_on_measured_steps_but_the_last():
    right = a_row("CCC", values=(0.5, None, 1.0), outcome="correct")
    wrong = a_row(
        "CCI", values=(0.5, 0.25, 0.0), interpolated=(False, True, False), outcome="incorrect"
    )
    unknown = a_row("CC", values=(0.1, 0.1), outcome="unknown")
    fitted = FILTER.fit([table(right), table(wrong, unknown)], NOWHERE)
    assert (fitted.values, fitted.rates, fitted.steps) == ([0.5], [0.5], 2)
    assert fitted.brier == (0.25, 0.25)


def test_only_what_was_measured_is_calibrated():
    curve = Curve(values=[0.0, 1.0], rates=[0.0, 0.5], steps=2, brier=(0.0, 0.0))
    row = a_row("CCC?", values=(0.5, 0.5, None, 1.0), interpolated=(False, True, False, False))
    plain = table(row)
    made = FILTER.change(plain, curve)
    assert made["values"].to_pylist() == [[0.25, 0.5, None, 1.0]]
    assert made.drop_columns("values") == plain.drop_columns("values")
    assert made.schema == plain.schema


@pytest.mark.parametrize("outcome", ["correct", "incorrect"])
def test_one_side_alone_says_nothing(outcome):
    rows = table(a_row("CC", values=(0.5, 1.0), outcome=outcome))
    with pytest.raises(FilterError, match="not of both right and wrong"):
        FILTER.fit([rows], NOWHERE)
