"""Step F1 as PRMBench counts it, and ROC AUC, by hand-checked cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.labels import CORRECT, INCORRECT, NEUTRAL, UNLABELLED
from stepmark.metrics.steps import Steps, roc_auc, score_steps

CODES = {"C": CORRECT, "I": INCORRECT, "N": NEUTRAL, "?": UNLABELLED}


def scored(gold: str, said: str, values: list[float] | None = None) -> Steps:
    def codes(letters: str) -> np.ndarray:
        return np.array([CODES[letter] for letter in letters], dtype=np.int8)

    numbers = np.full(len(gold), np.nan) if values is None else np.array(values)
    return score_steps(codes(gold), codes(said), numbers, np.arange(len(gold)))


def test_f1_of_both_classes_and_their_mean_by_hand():
    """Wrong: 1 hit, 1 false alarm, 1 missed: 2/4. Right: 3 hits, 1 false, 1 missed: 6/8."""
    steps = scored("CCCCII", "CCCIIC")
    assert steps.wrong_f1 is not None
    assert steps.right_f1 is not None
    assert steps.mean_f1 is not None
    assert steps.wrong_f1.value == pytest.approx(0.5)
    assert steps.right_f1.value == pytest.approx(0.75)
    assert steps.mean_f1.value == pytest.approx(0.625)


def test_no_verdict_costs_recall_and_not_precision():
    """Wrong: 1 hit, 1 without a verdict: 2/3. Right: 1 hit, 1 without: 2/3."""
    steps = scored("CCII", "C?I?")
    assert steps.wrong_f1 is not None
    assert steps.right_f1 is not None
    assert steps.wrong_f1.value == steps.right_f1.value == pytest.approx(2 / 3)


def test_steps_that_gold_calls_neutral_or_nothing_are_left_out():
    assert scored("CIN?", "CIII").wrong_f1 == scored("CI", "CI").wrong_f1


def test_a_neutral_verdict_counts_as_right():
    assert scored("CI", "NI").mean_f1 == scored("CI", "CI").mean_f1


def test_the_polarity_matters():
    good, bad = scored("CCCI", "CCCI").mean_f1, scored("CCCI", "IIIC").mean_f1
    assert good is not None
    assert bad is not None
    assert (good.value, bad.value) == (1.0, 0.0)


def test_without_wrong_steps_there_is_no_f1_of_them():
    steps = scored("CC", "CI")
    assert (steps.wrong_f1, steps.mean_f1) == (None, None)
    assert steps.right_f1 is not None


def test_steps_are_counted_by_both_verdicts():
    confusion = scored("CCI?", "C?II").confusion
    assert confusion["correct"] == {"unlabelled": 1, "correct": 1, "incorrect": 0}
    assert confusion["unlabelled"]["incorrect"] == 1


def test_auc_counts_pairs_and_ties_by_half():
    """Right 0.9, 0.5 against wrong 0.5, 0.1: won 3, tied 1 of 4 pairs."""
    auc = scored("CCII", "CCII", [0.9, 0.5, 0.5, 0.1]).auc
    assert auc is not None
    assert auc.value == pytest.approx(3.5 / 4)


def test_auc_of_three_steps_says_next_to_nothing():
    auc = scored("CCI", "CCI", [0.9, 0.9, 0.1]).auc
    assert auc is not None
    assert auc.value == 1
    assert auc.low < 0.4


def test_auc_is_in_doubt_by_the_rarer_kind_of_steps():
    """One wrong step below 90 of 100 right ones: its place alone tells."""
    values = [*(n / 100 for n in range(100)), 0.095]
    auc = scored("C" * 100 + "I", "C" * 100 + "I", values).auc
    assert auc is not None
    assert auc.value == pytest.approx(0.9)
    assert auc.high - auc.low > 0.5


def test_the_interval_of_auc_is_the_jackknifes_where_problems_hold_both_kinds_of_steps():
    """Steps of a problem share a shift, so wins and losses of a problem cancel in part."""
    chance = np.random.default_rng(0)
    problems, right = np.repeat(np.arange(150), 4), np.tile([True, True, False, False], 150)
    values = chance.normal(right.astype(float)) + np.repeat(chance.normal(scale=2, size=150), 4)
    found = roc_auc(values, right, problems)
    without = []
    for left_out in range(150):
        kept = problems != left_out
        one = roc_auc(values[kept], right[kept], problems[kept])
        assert one is not None
        without.append(one.value)
    spread = (149 / 150 * np.square(np.array(without) - np.mean(without)).sum()) ** 0.5
    assert found is not None
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * spread, rel=0.15)


def test_auc_needs_values_of_both_kinds():
    assert scored("CC", "CC", [0.9, 0.5]).auc is None
    assert scored("CI", "CI", [0.9, np.nan]).auc is None


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=30))
def test_auc_is_the_share_of_pairs_in_order(drawn):
    values = np.array([value / 4 for value, _ in drawn])
    right = np.array([is_right for _, is_right in drawn])
    found = roc_auc(values, right, np.arange(len(drawn)))
    pairs = [(a > b) + (a == b) / 2 for a in values[right] for b in values[~right]]
    assert (found is None) == (not pairs)
    if found is not None:
        assert found.value == pytest.approx(float(np.mean(pairs)))
        assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_interval_of_auc_covers_the_truth_as_often_as_it_says():
    """Normal values one standard deviation apart: AUC 0.760."""
    chance = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        right = chance.random(200) < 0.6
        found = roc_auc(chance.normal(right.astype(float)), right, np.arange(200))
        assert found is not None
        covered += found.low <= 0.7602 <= found.high
    assert 0.92 < covered / 300 < 0.98
