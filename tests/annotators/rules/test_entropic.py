"""The entropic rule: ER-PRM's soft maximum."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.rules import Entropic, Soft
from tests.annotators.rules.reading import values, verdicts
from tests.fakes.counts import counts_of, tables

RULE = Entropic(method="entropic")
NO_ROOT = (0, 0, 0)


def test_half_the_draws_right_at_eta_1_are_worth_ln_of_half_of_1_plus_e():
    (value,) = values(RULE, NO_ROOT, (4, 4, 0))
    assert value == 0.6201
    assert round(math.log((1 + math.e) / 2), 3) == 0.620


def test_the_formula_over_single_draws():
    """(1/η) ln((1/K) Σ e^(η r)) with three right draws of eight and η = 2."""
    expected = math.log((3 * math.exp(2) + 5) / 8) / 2
    assert values(Entropic(method="entropic", eta=2), NO_ROOT, (3, 5, 0)) == [round(expected, 4)]


def test_none_and_all_are_worth_0_and_1():
    assert values(RULE, NO_ROOT, (0, 8, 0), (8, 0, 0)) == [0, 1]
    assert verdicts(RULE, NO_ROOT, (0, 8, 0), (1, 7, 0)) == "IC"


def test_the_value_is_over_graded_draws_and_withheld_beyond_the_bound():
    assert values(RULE, NO_ROOT, (3, 3, 2), (3, 2, 3)) == [0.6201, None]


def test_the_threshold_itself_is_not_passed():
    rule = Entropic(method="entropic", threshold=math.log((1 + math.e) / 2))
    assert verdicts(rule, NO_ROOT, (4, 4, 0), (5, 3, 0)) == "IC"


@given(tables, st.floats(0.01, 100))
def test_the_value_lies_between_the_success_rate_and_1(table, eta):
    counts = counts_of(table)
    entropic = Entropic(method="entropic", eta=eta).read(counts).values
    soft = Soft(method="soft").read(counts).values
    known = ~np.isnan(soft)
    assert (entropic[known] >= soft[known] - 1e-12).all()
    assert (entropic[known] <= 1 + 1e-12).all()


@pytest.mark.parametrize("eta", [0, -1, 101])
def test_eta_out_of_range_is_refused(eta):
    with pytest.raises(ValueError, match=r"eta must be in \(0, 100\], not"):
        Entropic(method="entropic", eta=eta)
