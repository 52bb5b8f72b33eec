"""Hardness: bounds are inside, an unknown rate is not a rate of 0."""

from __future__ import annotations

import pytest

from filters.hardness import Hardness
from tests.fakes.filterable import table, why
from tests.fakes.labelled import a_row


def test_primes_bounds_are_kept_on_both_sides():
    rates = (0.19, 0.2, 0.5, 0.8, 0.81, None)
    rows = table(*(a_row("C", solve_rate=rate) for rate in rates))
    expected = ["too_hard", None, None, None, "too_easy", "no_solve_rate"]
    assert why(Hardness(method="hardness"), rows) == expected


def test_bounds_rise():
    with pytest.raises(ValueError, match=r"least must be in \[0, 0.1\], not 0.2"):
        Hardness(method="hardness", least=0.2, most=0.1)
