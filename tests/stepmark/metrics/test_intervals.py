"""Intervals of shares and means, with several solutions of a problem."""

from __future__ import annotations

import numpy as np
import pytest

from stepmark.metrics.intervals import (
    Hits,
    harmonic_mean_of,
    mean_of,
    of_mean,
    of_share,
    ratio_of,
    wilson,
)


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


def hits(held: list[int]) -> Hits:
    return Hits(np.array(held, dtype=float), np.arange(len(held)).astype(str))


def test_a_harmonic_mean_is_in_doubt_even_where_nothing_was_found():
    none, half = hits([0] * 10), hits([1, 0] * 5)
    assert harmonic_mean_of(none, half).value == 0.0
    assert 0.1 < harmonic_mean_of(none, half).high < 0.5


def test_the_interval_of_a_harmonic_mean_is_that_of_its_linearisation_where_cases_are_many():
    """Of shares 0.6 and 0.8: d = 2 b²/(a+b)² and 2 a²/(a+b)²."""
    found = harmonic_mean_of(hits([1] * 600 + [0] * 400), hits([1] * 800 + [0] * 200))
    slopes = 2 * 0.64 / 1.96, 2 * 0.36 / 1.96
    spread = (slopes[0] ** 2 * 0.24 / 1000 + slopes[1] ** 2 * 0.16 / 1000) ** 0.5
    assert found.value == pytest.approx(2 * 0.48 / 1.4)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * spread, rel=0.03)


def test_a_ratio_of_sums_has_the_plus_four_interval_where_the_lower_one_counts_cases():
    """62 of 104, by Agresti and Coull."""
    held = np.array([1.0] * 60 + [0.0] * 40)
    found = ratio_of(held, np.ones(100), np.arange(100))
    assert found is not None
    centre = 62 / 104
    half = 1.96 * (centre * (1 - centre) / 104) ** 0.5
    assert found.estimate == pytest.approx((0.6, centre - half, centre + half))


@pytest.mark.parametrize("held", [0.0, 1.0])
def test_a_ratio_is_in_doubt_where_nothing_varies_and_the_less_the_more_problems_there_are(held):
    few, many = (ratio_of(np.full(n, held), np.ones(n), np.arange(n)) for n in (3, 300))
    assert few is not None
    assert many is not None
    assert few.estimate.high - few.estimate.low > 0.5
    assert 0.01 < many.estimate.high - many.estimate.low < 0.03
    assert few.estimate.low <= held <= few.estimate.high


def test_a_mean_of_two_figures_is_as_doubtful_as_the_one_that_rests_on_little():
    """Of 4 problems none, of 100 others each: half of what 0 of 4 leaves open is open."""
    names = np.arange(104)
    seldom = np.array([1.0] * 4 + [0.0] * 100)
    one, other = ratio_of(0 * seldom, seldom, names), ratio_of(1 - seldom, 1 - seldom, names)
    assert one is not None
    assert other is not None
    found = mean_of((one, other))
    assert found.value == 0.5
    assert found.high - found.low == pytest.approx(one.estimate.high / 2, rel=0.3)


def test_solutions_of_one_problem_are_worth_one():
    mixed, problem = np.array([True] * 20 + [False] * 20), ["a"] * 40
    assert of_share(mixed, problem) == pytest.approx(wilson(0.5, 1))
    assert of_share(np.ones(40), problem) == pytest.approx(wilson(1.0, 1))
    assert of_share(np.ones(40), ["a", "b"] * 20) == pytest.approx(wilson(1.0, 2))


def test_a_ratio_to_nothing_is_none():
    assert ratio_of(np.zeros(2), np.zeros(2), ["a", "b"]) is None


def test_copies_of_a_solution_make_no_ratio_surer():
    held, problems = np.array([1.0, 0.0, 1.0, 1.0]), np.arange(4)
    once = ratio_of(held, np.ones(4), problems)
    thrice = ratio_of(np.repeat(held, 3), np.ones(12), np.repeat(problems, 3))
    assert once is not None
    assert thrice is not None
    assert thrice.estimate == pytest.approx(once.estimate)
