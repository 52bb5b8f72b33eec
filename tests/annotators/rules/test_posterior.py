"""The posterior rule: labels that say what is known, and say when it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from annotators.rules import Posterior
from stepmark.counts import Passage, Tally, counts_of
from stepmark.labels import VERDICTS
from stepmark.posterior import Belief, Confusion, Hyper, evidence_of, read_many
from stepmark.records import Verdict
from tests.fakes.columns import annotate
from tests.fakes.counts import counts_of as counts_of_triples
from tests.fakes.counts import tables
from tests.fakes.factories import a_monte_carlo, a_solution, rollouts_of
from tests.fakes.posteriors import OWN, believed, counted, noiseless

RULE = Posterior(method="posterior")


def verdicts(counts, rule: Posterior = RULE) -> list[str]:
    return [VERDICTS[code] for code in rule.read(counts).verdicts]


@pytest.mark.parametrize("error", range(6))
def test_without_noise_every_step_is_labelled_rightly(error):
    expected = ["correct"] * error + ["incorrect"] * (6 - error)
    assert verdicts(counted(noiseless(6, error), 6)) == expected


def test_the_value_is_the_probability_that_the_prefix_is_sound():
    drawn = {0: Tally(correct=3, incorrect=4), 2: Tally(correct=1), 4: Tally(incorrect=2, own=1)}
    values = RULE.read(counted(drawn, 6)).values
    assert values == pytest.approx(believed(drawn, 6).sound)


def test_two_candidates_leave_both_unlabelled_and_what_follows_too():
    """Prefixes 2 and 4 are plain, nothing was drawn from 3: step 2 or step 3 is the first error."""
    world = noiseless(6, 2) | {3: Tally()}
    assert verdicts(counted(world, 6)) == ["correct"] * 2 + ["unlabelled"] * 4


def test_the_values_of_unlabelled_steps_stay():
    world = noiseless(6, 2) | {3: Tally()}
    values = RULE.read(counted(world, 6)).values
    assert not np.isnan(values).any()
    assert 0.1 < values[2] < 0.9


def test_pure_noise_is_unlabelled_rather_than_wrong():
    """Every prefix succeeds as seldom as the bare problem, and wrong answers are all different."""
    noise = dict.fromkeys(range(8), Tally(correct=1, incorrect=7))
    assert "correct" not in verdicts(counted(noise, 8))[1:]
    assert "incorrect" not in verdicts(counted(noise, 8))


def test_nothing_drawn_is_nothing_labelled():
    reading = RULE.read(counted({}, 12))
    assert set(reading.verdicts.tolist()) == {0}
    assert np.isnan(reading.values).all()


def test_draws_from_the_bare_problem_alone_label_nothing():
    assert set(verdicts(counted({0: Tally(correct=5, incorrect=3)}, 12))) == {"unlabelled"}


def test_a_wrong_answer_of_one_step_is_wrong_by_itself():
    assert verdicts(counts_of([Tally()], [[OWN]])) == ["incorrect"]


def test_one_step_of_unknown_outcome_is_not_labelled_by_what_was_believed_beforehand():
    reading = Posterior(method="posterior", threshold=0.5).read(
        counts_of([Tally()], [[Tally(unknown=1)]])
    )
    assert reading.verdicts.tolist() == [0]
    assert np.isnan(reading.values).all()


def test_a_lower_threshold_labels_no_less():
    drawn = {2: Tally(correct=1), 4: Tally(incorrect=2, own=1)}
    rules = [Posterior(method="posterior", threshold=t) for t in (0.95, 0.8, 0.6)]
    silent = [verdicts(counted(drawn, 6), rule).count("unlabelled") for rule in rules]
    assert silent == sorted(silent, reverse=True)
    assert silent[0] > silent[-1]


@settings(max_examples=30)
@given(tables)
def test_values_fall_along_a_solution_and_verdicts_follow_them(table):
    counts = counts_of_triples(table)
    reading = RULE.read(counts)
    for start, end in zip(counts.offsets, counts.offsets[1:], strict=False):
        values, codes = reading.values[start:end], reading.verdicts[start:end]
        assert np.isnan(values).all() or (np.diff(values) <= 1e-12).all()
        assert (values[codes == 1] >= 0.9).all()
        assert (values[codes == 2] <= 0.1 + 1e-9).all()


def test_labels_say_undecided_and_mark_what_was_not_probed():
    solution, world = a_solution(6), noiseless(6, 2)
    del world[3], world[1]
    annotator = a_monte_carlo(rule=RULE)
    (annotation,) = annotate(annotator, "mc", [solution], rollouts_of(solution, world))
    reasons = [label.reason for label in annotation.labels]
    assert reasons == [None, None, *["undecided"] * 4]
    assert annotation.labels[0].interpolated
    assert not annotation.labels[1].interpolated
    assert annotation.first_error is None


@pytest.mark.parametrize("threshold", [0.49, 1.0])
def test_thresholds_out_of_range_are_refused(threshold):
    with pytest.raises(ValueError, match=r"threshold must be in \[0.5, 1\)"):
        Posterior(method="posterior", threshold=threshold)


def test_testimony_counts_like_draws_do_and_may_be_all_there_is():
    bare = counted({}, 6)
    rates = Confusion(before=0.01, at=0.98, after=0.05)
    said = evidence_of(SAID, rates)
    heard = replace(bare, testimony=said)
    assert set(verdicts(bare)) == {"unlabelled"}
    assert verdicts(heard) == ["correct", "correct", *["incorrect"] * 4]
    nothing = replace(bare, testimony=np.zeros(7))
    assert set(verdicts(nothing)) == {"unlabelled"}


def test_a_belief_and_the_rule_hear_testimony_alike():
    drawn = {2: Tally(correct=1), 4: Tally(incorrect=2, own=1)}
    said = evidence_of(SAID, RATES)
    (together,) = read_many(Hyper(), replace(counted(drawn, 6), testimony=said))
    belief = Belief(Hyper(), 6, "incorrect", said)
    belief.observe([Passage(left=drawn.get(step, Tally())) for step in range(6)])
    assert together == pytest.approx(belief.first_error)


SAID: tuple[Verdict, ...] = (
    "correct",
    "correct",
    "incorrect",
    "unlabelled",
    "unlabelled",
    "unlabelled",
)
RATES = Confusion(before=0.1, at=0.6, after=0.2)
