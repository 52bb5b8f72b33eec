"""Monotone: success after the first error, and only that, is a contradiction."""

from __future__ import annotations

import pytest

from filters.monotone import Monotone
from tests.fakes.filterable import table, why
from tests.fakes.labelled import a_row


@pytest.mark.parametrize(
    ("verdicts", "draws", "reason"),
    [
        ("CIC", [(4, 4), (0, 8), (1, 7)], "recovers"),
        ("CI?", [(4, 4), (0, 8), (1, 7)], "recovers"),
        ("CII", [(4, 4), (0, 8), (0, 8)], None),
        ("CCC", [(1, 7), (8, 0), (1, 7)], None),
        ("CI?", [(4, 4), (1, 7), ()], None),
    ],
)
def test_success_does_not_come_back(verdicts, draws, reason):
    assert why(Monotone(method="monotone"), table(a_row(verdicts), draws=[draws])) == [reason]


def test_a_stated_rate_is_tolerated():
    rows = table(a_row("CI?"), draws=[[(4, 4), (0, 8), (1, 7)]])
    assert why(Monotone(method="monotone", tolerance=0.125), rows) == [None]
