"""The soft rule: the success rate itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.rules import Hard, Soft
from stepmark.labels import VERDICTS
from tests.fakes.counts import counts_of, tables

RULE = Soft(method="soft")


def read(*steps: tuple[int, int, int], rule: Soft = RULE) -> list[tuple[str, float | None]]:
    reading = rule.read(counts_of([steps]))
    values = [None if np.isnan(value) else value for value in reading.values.tolist()]
    return list(zip([VERDICTS[code] for code in reading.verdicts], values, strict=True))


def test_math_shepherd_equation_4_on_3_of_8():
    assert read((3, 5, 0)) == [("correct", 0.375)]


def test_none_of_8_is_incorrect_with_value_0():
    assert read((0, 8, 0)) == [("incorrect", 0.0)]


def test_the_value_is_over_graded_draws():
    assert read((3, 3, 2)) == [("correct", 0.5)]


def test_the_value_is_withheld_beyond_the_bound():
    assert read((3, 2, 3)) == [("unlabelled", None)]


def test_the_threshold_itself_is_not_passed():
    rule = Soft(method="soft", threshold=0.5)
    assert read((4, 4, 0), (5, 3, 0), rule=rule) == [("incorrect", 0.5), ("correct", 0.625)]


@given(tables)
def test_hard_says_correct_where_the_soft_value_is_above_0(table):
    counts = counts_of(table)
    soft, hard = RULE.read(counts), Hard(method="hard").read(counts)
    valued = ~np.isnan(soft.values)
    assert ((hard.verdicts[valued] == 1) == (soft.values[valued] > 0)).all()
    assert (hard.verdicts[valued] == soft.verdicts[valued]).all()


@given(tables)
def test_where_soft_says_nothing_hard_says_nothing_but_a_proven_correct(table):
    counts = counts_of(table)
    silent = RULE.read(counts).verdicts == 0
    hard = Hard(method="hard").read(counts).verdicts[silent]
    assert ((hard == 1) == (counts.correct[silent] > 0)).all()
    assert set(hard.tolist()) <= {0, 1}


@given(tables, st.floats(0, 0.99), st.floats(0, 0.99))
def test_values_are_chances_and_only_unlabelled_steps_lack_one(table, bound, threshold):
    reading = Soft(method="soft", max_unknown=bound, threshold=threshold).read(counts_of(table))
    without = np.isnan(reading.values)
    assert (without == (reading.verdicts == 0)).all()
    assert ((reading.values[~without] >= 0) & (reading.values[~without] <= 1)).all()


@given(tables)
def test_nothing_without_graded_draws_has_a_label(table):
    counts = counts_of(table)
    nothing = counts.correct + counts.incorrect == 0
    assert (RULE.read(counts).verdicts[nothing] == 0).all()


@pytest.mark.parametrize("name", ["max_unknown", "threshold"])
@pytest.mark.parametrize("share", [-0.01, 1.0])
def test_shares_out_of_range_are_refused(name, share):
    with pytest.raises(ValueError, match=rf"{name} must be in \[0, 1\), not"):
        Soft(method="soft", **{name: share})
