"""The posterior of one solution: laws that hold whatever was drawn, and cases that are plain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepmark.counts import Passage, Tally
from stepmark.posterior import Belief, Confusion, Hyper, evidence_of
from stepmark.posterior.again import chances
from tests.fakes.posteriors import OUTCOMES, believed, noiseless, tallies

some_draws = st.dictionaries(st.integers(0, 5), tallies(), max_size=4)


@given(some_draws, st.sampled_from(OUTCOMES))
def test_the_posterior_is_a_distribution(drawn, outcome):
    belief = believed(drawn, 6, outcome)
    assert belief.first_error.sum() == pytest.approx(1)
    assert (belief.first_error >= 0).all()
    assert belief.nodes.sum() == pytest.approx(1)
    assert (np.diff(belief.sound) <= 1e-12).all()


@given(some_draws, st.randoms())
def test_the_order_of_the_draws_does_not_matter(drawn, random):
    shuffled = list(drawn.items())
    random.shuffle(shuffled)
    assert believed(dict(shuffled), 6).first_error == pytest.approx(believed(drawn, 6).first_error)


@given(st.integers(0, 5), tallies(4), tallies(4))
def test_only_the_latest_tally_of_a_prefix_counts(position, earlier, latest):
    belief = believed({position: earlier}, 6)
    told = [Passage()] * 6
    told[position] = Passage(left=latest)
    belief.observe(told)
    assert belief.first_error == pytest.approx(believed({position: latest}, 6).first_error)


@given(some_draws, st.integers(1, 9))
def test_unknown_draws_are_no_evidence(drawn, unknown):
    more = {t: tally._replace(unknown=tally.unknown + unknown) for t, tally in drawn.items()}
    assert believed(more, 6).first_error == pytest.approx(believed(drawn, 6).first_error)


def test_a_wrong_answer_has_an_error_and_a_right_one_seldom():
    assert believed({}, 6).first_error[-1] == 0
    right = believed({}, 6, "correct", Hyper(error_if_right=0.2))
    assert right.first_error[-1] == pytest.approx(0.8)


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 30])
def test_without_noise_the_exact_first_error_is_believed(steps):
    for error in range(steps):
        first_error = believed(noiseless(steps, error), steps).first_error
        assert first_error.argmax() == error
        assert first_error[error] > 0.95


@pytest.mark.parametrize("error", range(5))  # the last step: no prefix after it to draw from
def test_a_right_answer_that_hides_an_error_is_seen_through(error):
    drawn = {
        t: Tally(correct=30) if t <= error else Tally(correct=6, incorrect=24) for t in range(6)
    }
    assert believed(drawn, 6, "correct").first_error.argmax() == error


def test_the_own_wrong_answer_says_more_than_another_one():
    own = believed({3: Tally(incorrect=3, own=3)}, 6)
    other = believed({3: Tally(incorrect=3)}, 6)
    assert own.sound[2] < other.sound[2] < believed({}, 6).sound[2]


def test_a_success_says_that_the_prefix_is_sound():
    assert believed({3: Tally(correct=2)}, 6).sound[2] > believed({}, 6).sound[2]


def test_a_failure_says_less_where_the_problem_is_hard():
    hard = believed({0: Tally(incorrect=20), 3: Tally(incorrect=3)}, 6)
    easy = believed({0: Tally(correct=19, incorrect=1), 3: Tally(incorrect=3)}, 6)
    assert easy.sound[2] < hard.sound[2]


def test_draws_piled_on_one_prefix_tell_less_and_less():
    gains = [
        believed({3: Tally(correct=n // 2, incorrect=n // 2)}, 6).gains()[3] for n in (2, 8, 32)
    ]
    assert gains[0] > gains[1] > gains[2]


@given(some_draws, st.sampled_from(OUTCOMES))
def test_a_gain_is_never_negative_nor_above_what_is_unknown(drawn, outcome):
    belief = believed(drawn, 6, outcome)
    chances = belief.first_error[belief.first_error > 0]
    assert (belief.gains() >= 0).all()
    assert belief.gains().max() <= -(chances * np.log2(chances)).sum() + 1e-9


@settings(max_examples=25)
@given(some_draws, st.integers(1, 5))
def test_a_gain_is_what_is_learnt_on_average(drawn, position):
    """H(first error) − E[H(first error | the next draw)], what it may do weighed by the model."""
    hyper = Hyper(again_before=0.7, again_at=0.2, again_after=0.4)
    left = drawn.get(position, Tally())
    before = believed(drawn | {position: Passage(1, left)}, 6, hyper=hyper)
    next_ones = [
        Passage(1, left._replace(correct=left.correct + 1)),
        Passage(1, left._replace(incorrect=left.incorrect + 1, own=left.own + 1)),
        Passage(1, left._replace(incorrect=left.incorrect + 1)),
        Passage(2, left),
    ]
    after = [believed(drawn | {position: then}, 6, hyper=hyper) for then in next_ones]
    goes_on = chances(hyper, *before._again_and_left())[position]
    endings = (before._joint()[position] * (1 - goes_on)[:, None]).sum(axis=0)
    likely = np.append(endings, goes_on @ before.first_error)
    entropy = [_bits(belief.first_error) for belief in (before, *after)]
    learnt = entropy[0] - likely @ entropy[1:]
    assert before._at_step()[0][position] == pytest.approx(learnt, abs=1e-9)


def test_a_draw_also_tells_what_it_does_further_on():
    """With a step that is nearly always written again, a draw from before it goes past it."""
    hyper = Hyper(again_before=0.95, again_at=0.95, again_after=0.95)
    drawn = {1: Passage(again=20)}
    here, further = believed(drawn, 6, hyper=hyper).gains()[1:3]
    assert 0.9 * further < here <= further * 1.05


def test_a_step_that_is_seldom_written_again_is_suspect():
    hyper = Hyper(again_before=0.9, again_at=0.3, again_after=0.6)
    drawn = {t: Passage(again=6) for t in range(5)} | {2: Passage(left=Tally(unknown=6))}
    assert believed(drawn, 5, hyper=hyper).first_error.argmax() == 2


def test_repeats_say_nothing_where_they_are_alike_before_and_after_the_error():
    drawn = {1: Passage(again=9), 2: Passage(left=Tally(unknown=4))}
    assert believed(drawn, 5).first_error == pytest.approx(believed({}, 5).first_error)


def _bits(chances: np.ndarray) -> float:
    chances = chances[chances > 0]
    return float(-(chances * np.log2(chances)).sum())


def test_another_annotators_verdicts_enter_as_a_likelihood():
    judge = evidence_of(
        ["correct", "correct", "incorrect", "unlabelled"], Confusion(before=0.05, at=0.8, after=0.5)
    )
    prior = Belief(Hyper(), 4, "incorrect").first_error
    posterior = Belief(Hyper(), 4, "incorrect", judge).first_error
    assert posterior.argmax() == 2
    expected = prior * np.exp(judge)
    assert posterior == pytest.approx(expected / expected.sum())


def test_the_default_hyper_is_no_figure_of_the_simulated_worlds():
    """Broad: no level of any quantity has more than half of the weight."""
    default = Hyper()
    for name in ("clean", "shape", "recovery", "own_broken", "own_sound", "place"):
        weights = np.array(getattr(default, name))
        assert weights.max() <= weights.sum() / 2
