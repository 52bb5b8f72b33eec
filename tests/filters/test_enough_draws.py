"""Enough draws: the numbers of the paper, and what is not asked."""

from __future__ import annotations

import numpy as np
import pytest

from filters.enough_draws import EnoughDraws, draws_needed
from tests.fakes.filterable import table, why
from tests.fakes.labelled import a_row

FILTER = EnoughDraws(method="enough_draws")


@pytest.mark.parametrize(("confidence", "draws"), [(0.95, 14), (0.99, 21)])
def test_draws_needed_are_the_papers(confidence, draws):
    assert draws_needed(np.array([0.2]), confidence).tolist() == [draws]


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_certain_chances_are_clipped(chance):
    assert 1 <= draws_needed(np.array([chance]), 0.99)[0] < 50_000


@pytest.mark.parametrize(
    ("verdicts", "draws", "solve_rate", "reason"),
    [
        ("CIC", [(16, 4), (0, 3), (0, 8)], None, None),  # p = 0.8: ln 0.01 / ln 0.2 = 2.9
        ("CIC", [(16, 4), (0, 2), (0, 8)], None, "too_few_draws"),
        ("ICC", [(0, 20), (0, 8), (0, 8)], 0.2, "too_few_draws"),
        ("ICC", [(0, 21), (0, 8), (0, 8)], 0.2, None),
        ("ICC", [(0, 20), (0, 8), (0, 8)], None, "chance_unknown"),
        ("CIC", [(), (0, 8), (0, 8)], 0.5, None),  # nothing before the step: the problem's rate
        ("CIC", [(2, 6), (1, 7), (0, 8)], 0.5, None),  # a success: another rule's label
        ("CIC", [(2, 6), (), ()], 0.5, None),  # no draws: not a rollout's label
        ("CCI", [(2, 6), (2, 6), (0, 1)], 0.1, None),  # its own answer decides the last step
        ("CCC", [(2, 6), (2, 6), (1, 0)], 0.1, None),
    ],
)
def test_a_first_error_needs_as_many_draws_as_a_success_is_rare(
    verdicts, draws, solve_rate, reason
):
    rows = table(a_row(verdicts, solve_rate=solve_rate), draws=[draws])
    assert why(FILTER, rows) == [reason]


def test_rows_are_told_apart():
    rows = table(
        a_row("CCC"), a_row("ICC", solve_rate=0.2), a_row("CI"),
        draws=[[(8, 0)] * 3, [(0, 8), (0, 8), (0, 1)], [(8, 0), (0, 1)]],
    )  # fmt: skip
    assert why(FILTER, rows) == [None, "too_few_draws", None]
