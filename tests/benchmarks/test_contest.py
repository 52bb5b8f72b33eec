"""How the probes' figures are worked out."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from annotators.probes import Binary
from benchmarks.contest import Source, calibration_error, counts_seen, published, solution_of
from benchmarks.drawn import ROOT_DRAWS
from benchmarks.world import WORLDS


def test_values_that_are_as_often_true_as_they_say_have_no_calibration_error():
    values = np.repeat([0.25, 0.75], 4)
    truth = np.array([1, 0, 0, 0, 1, 1, 1, 0])
    assert calibration_error(values, truth) == pytest.approx(0)
    assert calibration_error(values, 1 - truth) == pytest.approx(0.5)


def test_draws_that_came_with_the_solutions_are_free_for_every_probe():
    (solution,) = WORLDS["as_assumed"].solutions(1, 1, "incorrect")
    source = Source(solution=solution)
    for position, draws in ((0, ROOT_DRAWS + 1), (2, 3), (2, 5)):
        asyncio.run(source.tally(position, draws))
    tokens = solution.tokens[0, ROOT_DRAWS] + solution.tokens[2, :5].sum()
    assert source.paid() == (6, tokens)


def test_thepublished_reading_fills_in_what_binary_search_did_not_probe():
    for solution in WORLDS["as_assumed"].solutions(30, 5, "incorrect"):
        source = Source(solution=solution)
        asyncio.run(Binary(method="binary").probe(solution_of(solution.steps), source))
        verdicts = published(counts_seen([source])).verdicts.tolist()
        first = verdicts.index(2)
        assert 2 not in verdicts[:first]
        assert set(verdicts[first:]) == {2}
