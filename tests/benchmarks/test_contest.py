"""How the probes' figures are worked out."""

from __future__ import annotations

import asyncio

from annotators.probes import Binary
from benchmarks.contest import Source, counts_seen, published, solution_of
from benchmarks.drawn import ROOT_DRAWS
from benchmarks.world import WORLDS


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
