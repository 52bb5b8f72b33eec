"""Stepwise ORM: a success makes every earlier step positive."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from annotators.rules import Hard, StepwiseOrm
from tests.annotators.rules.reading import values, verdicts
from tests.fakes.counts import counts_of, tables

RULE = StepwiseOrm(method="stepwise_orm")
NO_ROOT = (0, 0, 0)


def test_a_positive_step_makes_all_earlier_ones_positive():
    steps = [(1, 7, 0), (0, 8, 0), (0, 8, 0), (1, 7, 0), (0, 8, 0), (0, 1, 0)]
    assert verdicts(RULE, NO_ROOT, *steps) == "CCCCII"
    assert values(RULE, NO_ROOT, *steps) == [1, 1, 1, 1, 0, 0]


def test_a_right_answer_makes_every_measured_step_positive():
    assert verdicts(RULE, NO_ROOT, (0, 8, 0), (0, 8, 0), (1, 0, 0)) == "CCC"


def test_a_later_success_outweighs_unknown_draws_but_not_their_absence():
    assert verdicts(RULE, NO_ROOT, (0, 1, 7), (0, 0, 8), (0, 0, 0), (1, 7, 0)) == "C??C"


def test_none_succeeded_is_believed_within_the_bound_alone():
    assert verdicts(RULE, NO_ROOT, (0, 6, 2), (0, 5, 3)) == "I?"


@given(tables)
def test_what_hard_calls_correct_stays_so_and_correct_comes_first(table):
    counts = counts_of(table)
    verdicts = RULE.read(counts).verdicts
    hard = Hard(method="hard").read(counts).verdicts
    assert (verdicts[hard == 1] == 1).all()
    for start, end in zip(counts.offsets, counts.offsets[1:], strict=False):
        labelled = verdicts[start:end][verdicts[start:end] != 0]
        assert (np.diff(labelled) >= 0).all()
