"""The binary probe: OmegaPRM's search, on worlds where the truth is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.probes import Binary, Exhaustive
from stepmark.counts import Tally
from tests.fakes.columns import annotate
from tests.fakes.factories import FakeSource, a_monte_carlo, a_solution, rollouts_of, run

SEARCH = Binary(method="binary")
HIT, MISS = Tally(correct=1, incorrect=7), Tally(incorrect=8)


def a_world(steps: int, first_error: int) -> dict[int, Tally]:
    """Return the tallies of a monotone, noiseless world with the first error at a step index."""
    return {t: HIT if t <= first_error else MISS for t in range(steps + 1)}


def search(tallies: dict[int, Tally], steps: int, probe: Binary = SEARCH) -> list[int]:
    source = FakeSource(tallies)
    run(probe.probe(steps, source))
    return source.positions


def test_the_papers_example_probes_4_then_6_then_7():
    """arXiv 2406.06592v2 figure: eight steps, prefixes 4, 6 and 7 still lead to the answer."""
    assert search(a_world(8, 7), 8) == [4, 6, 7]


@pytest.mark.parametrize("steps", range(1, 65))
def test_the_exact_first_error_is_found_within_the_stated_cost(steps):
    annotator = a_monte_carlo(SEARCH, right_answers="assume_correct")
    solution = a_solution(steps)
    for error in range(steps):
        world = a_world(steps, error)
        asked = search(world, steps)
        assert len(asked) <= math.ceil(math.log2(steps)) + 1
        assert len(set(asked)) == len(asked)
        drawn = rollouts_of(solution, {position: world[position] for position in asked})
        (annotation,) = annotate(annotator, "mc", [solution], drawn)
        assert (annotation.first_error, annotation.bracketed) == (error, True)


@given(st.integers(1, 64), st.data())
def test_the_search_agrees_with_exhaustive_probing_on_monotone_worlds(steps, data):
    error = data.draw(st.integers(0, steps - 1))
    world, solution = a_world(steps, error), a_solution(steps)
    verdicts = []
    for probe in (SEARCH, Exhaustive(method="exhaustive")):
        source = FakeSource(world)
        run(probe.probe(steps, source))
        seen = {t: world[t] for t in source.positions if t < steps}
        annotator = a_monte_carlo(probe, right_answers="drop")
        (annotation,) = annotate(annotator, "mc", [solution], rollouts_of(solution, seen))
        verdicts.append(annotation.verdicts)
    assert verdicts[0] == verdicts[1]


def test_the_bare_problem_is_probed_only_when_the_search_ends_at_the_first_step():
    assert search(a_world(4, 0), 4) == [2, 1, 0]
    assert search(a_world(4, 1), 4) == [2, 1]


def test_a_single_step_is_bracketed_by_the_bare_problem():
    assert search(a_world(1, 0), 1) == [0]


def test_one_success_outweighs_any_number_of_unknown_draws():
    mostly_unknown = Tally(correct=1, unknown=7)
    assert search({2: mostly_unknown, 3: MISS}, 4) == [2, 3]


def test_the_search_stops_where_too_many_draws_are_unknown():
    assert search({4: Tally(incorrect=5, unknown=3)}, 8) == [4]


def test_unknown_draws_up_to_the_bound_are_borne():
    assert search({4: Tally(incorrect=6, unknown=2), 2: HIT, 3: MISS}, 8) == [4, 2, 3]


def test_no_graded_draw_ends_the_search_at_any_bound():
    lenient = Binary(method="binary", max_unknown=0.99)
    assert search({4: Tally(unknown=8)}, 8, lenient) == [4]


def test_every_probe_asks_for_the_stated_draws():
    source = FakeSource(a_world(8, 3))
    run(Binary(method="binary", draws=5).probe(8, source))
    assert {draws for _, draws in source.asked} == {5}


@given(st.integers(2, 40), st.integers(0, 9))
def test_noise_never_makes_the_search_leave_the_solution_or_ask_twice(steps, seed):
    source = FakeSource(chances=[0.3] * (steps + 1), seed=seed)
    run(Binary(method="binary", draws=2).probe(steps, source))
    assert len(set(source.positions)) == len(source.positions)
    assert all(0 <= position < steps for position in source.positions)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"draws": 0}, "draws must be at least 1, not 0"),
        ({"max_unknown": 1.0}, r"max_unknown must be in \[0, 1\), not 1.0"),
        ({"max_unknown": -0.1}, r"max_unknown must be in \[0, 1\), not -0.1"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Binary(method="binary", **settings)
