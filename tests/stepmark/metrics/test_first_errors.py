"""ProcessBench's F1 as its paper defines it, and what becomes of an error by its position."""

from __future__ import annotations

import pytest

from stepmark.metrics.first_errors import Named, by_position, first_named, process_bench


def test_the_score_is_the_harmonic_mean_of_both_accuracies():
    """By hand: 1 of 4 wrong ones named exactly, 3 of 4 right ones left alone."""
    named: list[Named] = [1, 0, None, "unlabelled", None, None, 2, None]
    score = process_bench([1, 1, 1, 1, None, None, None, None], named)
    assert score.wrong is not None
    assert score.right is not None
    assert score.f1 is not None
    assert (score.wrong.value, score.right.value) == (0.25, 0.75)
    assert score.f1.value == pytest.approx(2 * 0.25 * 0.75 / (0.25 + 0.75))
    assert score.wrong.low < 0.25 < score.wrong.high


def test_a_step_too_early_or_too_late_is_no_hit():
    score = process_bench([2, 2, None], [1, 3, None])
    assert score.wrong is not None
    assert score.wrong.value == 0.0
    assert score.f1 is not None
    assert score.f1.value == 0.0


def test_naming_nothing_is_never_right():
    score = process_bench([0, None], ["unlabelled", "unlabelled"])
    assert [share and share.value for share in (score.wrong, score.right)] == [0.0, 0.0]


def test_without_right_solutions_there_is_no_f1():
    score = process_bench([0, 1], [0, 1])
    assert score.wrong is not None
    assert score.wrong.value == 1.0
    assert (score.right, score.f1) == (None, None)


def test_solutions_of_one_problem_count_as_less_than_as_many_problems():
    truth: list[int | None] = [0] * 8
    named: list[Named] = [0, 0, 0, 0, 1, 1, 1, 1]
    apart = process_bench(truth, named).wrong
    together = process_bench(truth, named, ["a"] * 4 + ["b"] * 4).wrong
    assert apart is not None
    assert together is not None
    assert together.low < apart.low < apart.high < together.high


@pytest.mark.parametrize(
    ("verdicts", "named"),
    [
        (("correct", "incorrect", "incorrect"), 1),
        (("correct", "incorrect", "unlabelled"), 1),
        (("correct", "neutral"), None),
        (("unlabelled", "incorrect"), "unlabelled"),
        (("correct", "unlabelled"), "unlabelled"),
        (("unlabelled", "unlabelled"), "unlabelled"),
        ((), "unlabelled"),
    ],
)
def test_strictly_a_step_without_verdict_up_to_the_error_leaves_nothing_named(verdicts, named):
    assert first_named(verdicts) == named


@pytest.mark.parametrize(
    ("verdicts", "named"),
    [
        (("correct", "incorrect", "incorrect"), 1),
        (("unlabelled", "incorrect"), 1),
        (("correct", "unlabelled"), None),
        (("neutral", "unlabelled"), None),
        (("unlabelled", "unlabelled"), "unlabelled"),
        ((), "unlabelled"),
    ],
)
def test_leniently_verdicts_name_their_first_wrong_step(verdicts, named):
    assert first_named(verdicts, lenient=True) == named


def test_what_is_named_is_counted_by_the_position_of_the_error():
    truth = [None, None, 0, 0, 2, 2, 2]
    named: list[Named] = [None, 1, 0, 1, 1, None, "unlabelled"]
    assert by_position(truth, named) == {
        "none": {"earlier": 1, "exact": 1},
        "0": {"exact": 1, "later": 1},
        "2": {"earlier": 1, "none": 1, "unlabelled": 1},
    }
