"""Prover advantage: PAV's effective reward, with the best of K or another policy as prover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from annotators.rules import Advantage
from annotators.rules.advantage import effective_reward, prover_value
from stepmark.counts import Counts
from stepmark.labels import REASONS
from tests.annotators.rules.reading import reasons, values, verdicts
from tests.fakes.counts import rooted

RULE = Advantage(method="advantage")


def test_the_best_of_4_at_a_half_succeeds_15_times_in_16():
    assert prover_value(np.array([0.5]), 4).tolist() == [0.9375]


def test_from_a_half_to_a_quarter_the_effective_reward_is_01230():
    reward = effective_reward(np.array([0.5]), np.array([0.25]), alpha=0.5, best_of=4)
    assert np.round(reward, 4).tolist() == [0.123]


def test_a_fall_that_outweighs_what_is_left_is_incorrect():
    assert verdicts(RULE, (10, 10, 0), (5, 15, 0), (1, 19, 0)) == "CI"


def test_the_value_is_the_success_rate_even_where_the_reward_is_negative():
    assert values(RULE, (10, 10, 0), (5, 15, 0), (1, 19, 0)) == [0.25, 0.05]


def test_without_weight_on_progress_any_success_is_correct():
    plain = Advantage(method="advantage", alpha=0)
    assert verdicts(plain, (20, 0, 0), (1, 19, 0), (0, 20, 0)) == "CI"


def test_a_weaker_prover_sees_more_progress_in_high_rates():
    """0.6 after 1: best of 4 loses 0.0256, a single draw 0.4."""
    one = Advantage(method="advantage", best_of=1, alpha=2)
    four = Advantage(method="advantage", alpha=2)
    assert verdicts(one, (20, 0, 0), (12, 8, 0)) == "I"
    assert verdicts(four, (20, 0, 0), (12, 8, 0)) == "C"


def test_a_first_step_without_draws_of_the_bare_problem_is_withheld():
    assert reasons(RULE, (0, 0, 0), (5, 15, 0)) == ["root_not_measured"]


@pytest.mark.parametrize("change", [{"alpha": -0.1}, {"best_of": 0}])
def test_settings_out_of_range_are_refused(change):
    with pytest.raises(ValueError, match=f"{next(iter(change))} must be"):
        Advantage(method="advantage", **change)


OTHER = Advantage(method="advantage", prover="weak", alpha=3, best_of=1)


def beside(own: Counts, prover: Counts) -> Counts:
    return replace(own, prover=prover)


def test_a_prover_judges_progress_and_the_policy_itself_the_value():
    """0.25 + 3·(0.5 − 0.75) = −0.5 and 0.25 + 3·(0.5 − 0.5) = 0.25; own rates do not fall."""
    own = rooted([((0, 0, 0), [(5, 15, 0), (5, 15, 0)])])
    reading = OTHER.read(beside(own, rooted([((15, 5, 0), [(10, 10, 0), (10, 10, 0)])])))
    assert reading.verdicts.tolist() == [2, 1]
    assert reading.values.tolist() == [0.25, 0.25]


def test_the_best_of_k_of_a_prover_is_its_own_and_not_the_policys():
    """Best of 4 turns 0.75 → 0.5 into 0.9961 → 0.9375: 0.25 − 3·0.0586 is above 0."""
    own = rooted([((0, 0, 0), [(5, 15, 0)])])
    counts = beside(own, rooted([((15, 5, 0), [(10, 10, 0)])]))
    assert OTHER.read(counts).verdicts.tolist() == [2]
    assert replace(OTHER, best_of=4).read(counts).verdicts.tolist() == [1]


def test_a_prover_with_ones_own_draws_is_the_best_of_k_of_oneself():
    counts = rooted([((10, 10, 0), [(5, 15, 0), (1, 19, 0)])])
    twin = replace(RULE, prover="twin").read(beside(counts, counts))
    assert twin.verdicts.tolist() == RULE.read(counts).verdicts.tolist() == [1, 2]


def test_what_the_prover_has_not_measured_is_withheld():
    own = rooted([((0, 0, 0), [(5, 15, 0), (5, 15, 0), (5, 15, 0)])])
    reading = OTHER.read(beside(own, rooted([((15, 5, 0), [(9, 1, 0), (1, 1, 8), (9, 1, 0)])])))
    assert reading.reasons is not None
    unseen = "prover_not_measured"
    assert [REASONS[code] for code in reading.reasons] == [None, unseen, unseen]
    assert reading.verdicts.tolist() == [1, 0, 0]


def test_what_the_policy_has_not_measured_is_withheld_whatever_the_prover_says():
    own = rooted([((0, 0, 0), [(5, 15, 0), (0, 0, 0), (1, 1, 8)])])
    reading = OTHER.read(beside(own, rooted([((5, 5, 0), [(6, 4, 0), (7, 3, 0), (8, 2, 0)])])))
    assert reading.verdicts.tolist() == [1, 0, 0]
    assert reading.reasons is not None
    assert reading.reasons.tolist() == [0, 0, 0]  # its own draws are why


def test_a_prover_without_draws_of_the_bare_problem_says_nothing():
    own = rooted([((20, 0, 0), [(5, 15, 0)])])
    assert not OTHER.read(beside(own, rooted([((0, 0, 0), [(9, 1, 0)])]))).verdicts.any()


def test_a_prover_that_is_not_beside_the_counts_is_a_mistake():
    with pytest.raises(ValueError, match="no draws of the prover 'weak'"):
        OTHER.read(rooted([((20, 0, 0), [(5, 15, 0)])]))
