"""A shard read at once says what its solutions say one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepmark.counts import Passage, Tally, counts_of
from stepmark.posterior import Hyper, read_many
from tests.fakes.posteriors import OUTCOMES, OWN, RIGHT, believed, tallies

LAST = {"correct": RIGHT, "incorrect": OWN, "unknown": Tally(unknown=1)}

solutions = st.lists(
    st.tuples(st.sampled_from(OUTCOMES), tallies(5), st.lists(tallies(5), max_size=4)), max_size=5
)


@settings(max_examples=40)
@given(solutions)
def test_a_shard_reads_like_its_solutions_one_by_one(table):
    counts = counts_of(
        [root for _, root, _ in table], [[*steps, LAST[outcome]] for outcome, _, steps in table]
    )
    posteriors = read_many(Hyper(), counts)
    assert len(posteriors) == len(table)
    for (outcome, root, steps), posterior in zip(table, posteriors, strict=True):
        one = believed({0: root} | dict(enumerate(steps, 1)), len(steps) + 1, outcome)
        assert posterior == pytest.approx(one.first_error, abs=1e-9)


@settings(max_examples=20)
@given(st.lists(st.builds(Passage, st.integers(0, 5), tallies(5)), min_size=1, max_size=5))
def test_repeated_steps_are_read_as_one_by_one(passages):
    hyper = Hyper(again_before=0.8, again_at=0.3, again_after=0.5)
    steps = [[*[Tally()] * (len(passages) - 1), OWN]]
    (posterior,) = read_many(hyper, counts_of([Tally()], steps, [passages]))
    one = believed(dict(enumerate(passages)), len(passages), hyper=hyper)
    assert posterior == pytest.approx(one.first_error, abs=1e-9)


def test_a_solution_without_steps_has_no_error():
    (posterior,) = read_many(Hyper(), counts_of([Tally()], [[]]))
    assert posterior.tolist() == [1.0]


def test_no_solutions_have_no_posteriors():
    assert read_many(Hyper(), counts_of([], [])) == []


@pytest.mark.parametrize(
    ("outcome", "first_error"),
    [
        ("correct", [0.1235940772, 0.7131733800, 0.0193925124, 0.1438400303]),
        ("unknown", [0.0416729190, 0.9161283273, 0.0174195607, 0.0247791928]),
    ],
)
def test_a_solution_without_a_wrong_answer_reads_as_on_the_whole_grid(outcome, first_error):
    """Figures: from the grid that has levels of an own answer although there is none."""
    steps = [Tally(4, 4), Tally(0, 8), LAST[outcome]]
    (posterior,) = read_many(Hyper(), counts_of([Tally(3, 5)], [steps]))
    assert posterior == pytest.approx(first_error, abs=1e-9)
