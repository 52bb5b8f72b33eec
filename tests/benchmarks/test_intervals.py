"""Intervals of shares and means, with several solutions of a problem."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.intervals import of_mean, of_share, wilson


def test_wilsons_interval_of_a_textbook_case():
    """8 of 10: 0.490 to 0.943."""
    assert wilson(0.8, 10) == pytest.approx([0.490, 0.943], abs=1e-3)


def test_no_case_says_nothing_of_a_share():
    assert of_share(np.empty(0), []) == [0.0, 1.0]


def test_a_share_of_independent_solutions_has_wilsons_interval():
    hits = np.array([True] * 8 + [False] * 2)
    assert of_share(hits, list("abcdefghij")) == pytest.approx(wilson(0.8, 10))


def test_solutions_that_all_agree_within_a_problem_count_as_one_each():
    """Five copies of a case tell as much as the case."""
    hits = np.repeat([True] * 8 + [False] * 2, 5)
    problems = np.repeat(list("abcdefghij"), 5)
    assert of_share(hits, problems) == pytest.approx(wilson(0.8, 10))


def test_a_mean_of_independent_values_has_the_usual_interval():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    half = 1.96 * values.std() / 2
    assert of_mean(values, list("abcd")) == pytest.approx([2.5 - half, 2.5 + half])
