from __future__ import annotations

import numpy as np
import pytest

from filters.agreement import alpha, cohen, cohen_matrix


def codes(*annotators: str) -> np.ndarray:
    """One text an annotator: a verdict code a step, `0` for no verdict."""
    return np.array([[int(x) for x in steps] for steps in zip(*annotators, strict=True)], np.int8)


def test_kappa_of_a_worked_table():
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.7, chance 0.5, kappa 0.4.
    verdicts = codes("1" * 25 + "2" * 25, "1" * 20 + "2" * 5 + "1" * 10 + "2" * 15)
    assert cohen(verdicts[:, 0], verdicts[:, 1]) == pytest.approx(0.4)


def test_alpha_of_krippendorffs_example():
    # Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), part C; nominal 0.743.
    verdicts = codes("123321412000", "123322412503", "033323422510", "123324412510")
    assert alpha(verdicts) == pytest.approx(0.743, abs=5e-4)


def test_steps_that_one_leaves_unlabelled_do_not_count():
    verdicts = codes("12120", "12121")
    assert cohen(verdicts[:, 0], verdicts[:, 1]) == 1
    assert alpha(verdicts) == 1


def test_chance_agreement_is_nought():
    verdicts = codes("1122", "1212")
    assert cohen(verdicts[:, 0], verdicts[:, 1]) == 0


def test_nothing_to_compare_is_undefined():
    verdicts = codes("12", "00")
    assert np.isnan(cohen(verdicts[:, 0], verdicts[:, 1]))
    assert np.isnan(alpha(verdicts))
    assert np.isnan(alpha(codes("111", "111")))
    assert np.isnan(cohen(codes("111", "111")[:, 0], codes("111", "111")[:, 1]))


def test_the_matrix_is_symmetric_with_ones():
    matrix = cohen_matrix(codes("1122", "1212", "1122"))
    assert matrix.tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
