"""SCAN: a confidence of exactly 0.75 passes, and a wrong solution needs its error found."""

from __future__ import annotations

import pytest

from filters.self_denoising import SelfDenoising
from tests.fakes.filterable import table, why
from tests.fakes.labelled import a_row


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (a_row("CC", solve_rate=0.75), None),
        (a_row("CI", solve_rate=0.75), None),
        (a_row("CC", solve_rate=0.74), "rarely_solved"),
        (a_row("CI", solve_rate=None), "no_solve_rate"),
        (a_row("C?", solve_rate=0.9, outcome="incorrect"), "error_not_found"),
        (a_row("CI", solve_rate=0.9, outcome="unknown"), "unknown_outcome"),
    ],
)
def test_confident_problems_stay(row, reason):
    assert why(SelfDenoising(method="self_denoising"), table(row)) == [reason]
