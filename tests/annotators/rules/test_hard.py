"""The hard rule: one success is enough."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from annotators.rules import Hard
from stepmark.labels import VERDICTS
from tests.fakes.counts import counts_of, tables

RULE = Hard(method="hard")


def read(*steps: tuple[int, int, int], rule: Hard = RULE) -> list[tuple[str, float]]:
    reading = rule.read(counts_of([steps]))
    named = [VERDICTS[code] for code in reading.verdicts]
    return list(zip(named, reading.values.tolist(), strict=True))


def test_math_shepherd_equation_3_on_3_of_8():
    assert read((3, 5, 0)) == [("correct", 1.0)]


def test_none_of_8_is_incorrect():
    assert read((0, 8, 0)) == [("incorrect", 0.0)]


def test_one_success_proves_the_step_whatever_else_is_unknown():
    assert read((1, 0, 15)) == [("correct", 1.0)]


def test_too_many_unknown_draws_are_no_failure():
    ((verdict, value),) = read((0, 5, 3))
    assert verdict == "unlabelled"
    assert math.isnan(value)


def test_the_bound_on_unknown_draws_is_inclusive():
    assert read((0, 6, 2)) == [("incorrect", 0.0)]


def test_bound_0_believes_only_draws_that_were_all_graded():
    strict = Hard(method="hard", max_unknown=0.0)
    assert [v for v, _ in read((0, 8, 0), (0, 7, 1), rule=strict)] == ["incorrect", "unlabelled"]


@given(tables)
def test_nothing_without_graded_draws_has_a_label(table):
    counts = counts_of(table)
    reading = RULE.read(counts)
    nothing = counts.correct + counts.incorrect == 0
    assert (reading.verdicts[nothing] == 0).all()
    assert np.isnan(reading.values[nothing]).all()


@given(tables)
def test_correct_is_at_least_one_success(table):
    counts = counts_of(table)
    assert ((RULE.read(counts).verdicts == 1) == (counts.correct > 0)).all()


@given(tables)
def test_solutions_are_read_apart(table):
    together = RULE.read(counts_of(table)).verdicts.tolist()
    assert together == [v for s in table for v in RULE.read(counts_of([s])).verdicts.tolist()]


@given(tables)
def test_reading_changes_no_count(table):
    counts, untouched = counts_of(table), counts_of(table)
    RULE.read(counts)
    assert (counts.correct == untouched.correct).all()
    assert (counts.total == untouched.total).all()


@pytest.mark.parametrize("share", [-0.01, 1.0])
def test_a_bound_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=r"max_unknown must be in \[0, 1\), not"):
        Hard(method="hard", max_unknown=share)
