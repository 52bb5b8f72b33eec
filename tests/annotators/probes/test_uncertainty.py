"""The uncertainty probe: UnPRM's search, on worlds where the truth is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.probes import Exhaustive
from annotators.probes.uncertainty import Uncertainty, uncertainty_of
from annotators.rules import RootRelative
from stepmark.counts import Tally
from tests.fakes.columns import annotate
from tests.fakes.factories import FakeSource, a_monte_carlo, a_solution, rollouts_of, run

SEARCH = Uncertainty(method="uncertainty")
BY_JUMP = Uncertainty(method="uncertainty", order="jump")
SOLVED, HIT, MISS = Tally(36, 36), Tally(12, 4), Tally(4, 12)


class Written(FakeSource):
    """A source that knows the log-probabilities of the steps: the more tokens, the less sure."""

    def __init__(self, tallies: Mapping[int, Tally], tokens: Sequence[int]) -> None:
        super().__init__(tallies)
        self._steps = [[-1.0] * count for count in tokens]

    async def logprobs(self) -> list[list[float]]:
        return self._steps


def a_world(steps: int, first_error: int) -> dict[int, Tally]:
    """Return the tallies of a monotone, noiseless world: some draws succeed after the error too."""
    world = {t: HIT if t <= first_error else MISS for t in range(1, steps)}
    return world | {0: SOLVED, steps: Tally(incorrect=1)}


def search(world: Mapping[int, Tally], tokens: Sequence[int], probe: Uncertainty) -> list[int]:
    source = Written(world, tokens)
    run(probe.probe(a_solution(len(tokens)), source))
    return source.positions


def test_two_equally_likely_tokens_have_ln_2_of_entropy():
    assert uncertainty_of([-0.3, -0.3]) == pytest.approx(math.log(2))
    assert uncertainty_of([-0.3, -0.3], measure="log_sum") == pytest.approx(2 * math.log(2))


def test_log_probabilities_are_divided_by_the_temperature():
    """0 and −5 ln 3 at temperature 5 are shares of 3/4 and 1/4."""
    logprobs = [0.0, -5 * math.log(3)]
    assert uncertainty_of(logprobs) == pytest.approx(0.5623, abs=1e-4)
    assert uncertainty_of(logprobs, measure="log_sum") == pytest.approx(math.log(16 / 3))


def test_one_token_and_none_are_certain():
    assert (uncertainty_of([-9.0]), uncertainty_of([])) == (0, 0)


def test_very_unlikely_tokens_are_no_trouble():
    assert uncertainty_of([-4000.0, -4000.0]) == pytest.approx(math.log(2))


def test_a_token_that_was_next_to_impossible_has_no_share_and_is_no_error():
    """Servers write −9999 for a log-probability of minus infinity."""
    assert uncertainty_of([0.0, -9999.0]) == pytest.approx(0)
    assert uncertainty_of([0.0, -9999.0], measure="log_sum") == pytest.approx(9999 / 5)


def test_steps_go_by_uncertainty_and_equal_ones_from_the_left():
    assert SEARCH.visits([[-1.0] * count for count in (2, 5, 2, 9)]) == [4, 2, 1, 3]


def test_by_jump_the_step_after_the_rise_goes_first_and_the_first_step_last():
    assert BY_JUMP.visits([[-1.0] * count for count in (9, 2, 5, 30)]) == [4, 3, 2, 1]
    assert BY_JUMP.visits([[-1.0] * count for count in (1, 9, 30, 31)]) == [2, 3, 4, 1]


def test_an_error_at_the_least_sure_step_takes_two_probes():
    assert search(a_world(8, 3), [1, 1, 1, 9, 1, 1, 1, 1], SEARCH) == [0, 4, 3]


def test_the_first_failing_prefix_that_is_visited_need_not_be_the_earliest():
    """The search meets prefix 6 first and goes left to 3, where 2 holds."""
    assert search(a_world(8, 2), [1, 1, 1, 1, 1, 9, 1, 1], SEARCH) == [0, 6, 5, 4, 3, 2]


def test_a_neighbour_that_was_seen_to_hold_is_not_probed_again():
    assert search(a_world(6, 2), [1, 9, 8, 1, 1, 1], SEARCH) == [0, 2, 3]


def test_the_last_step_is_never_probed():
    assert sorted(search(a_world(4, 3), [1, 2, 3, 9], SEARCH)) == [0, 1, 2, 3]


def test_a_problem_that_is_solved_too_rarely_is_not_searched():
    tokens = [1, 2, 3]
    assert search(a_world(3, 0) | {0: Tally(10, 62)}, tokens, SEARCH) == [0]
    assert len(search(a_world(3, 0) | {0: Tally(11, 61)}, tokens, SEARCH)) > 1


def test_unknown_draws_neither_fail_nor_hold():
    world = a_world(4, 0) | {2: Tally(0, 8, 8), 0: SOLVED}
    assert search(world, [1, 9, 5, 1], SEARCH) == [0, 2, 3]


def test_a_rate_that_equals_the_bare_problems_does_not_fail():
    assert search({0: SOLVED, 1: Tally(8, 8), 2: Tally(7, 9)}, [9, 8, 1], SEARCH) == [0, 1, 2]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=24), st.data())
def test_the_exact_first_error_is_found_in_any_order(tokens, data):
    steps = len(tokens)
    error = data.draw(st.integers(0, steps - 1))
    probe = data.draw(st.sampled_from([SEARCH, BY_JUMP]))
    world, solution = a_world(steps, error), a_solution(steps)
    asked = search(world, tokens, probe)
    assert len(set(asked)) == len(asked) <= steps
    annotator = a_monte_carlo(
        Exhaustive(method="exhaustive", root=72), RootRelative(method="root_relative")
    )
    drawn = rollouts_of(solution, {position: world[position] for position in asked})
    (annotation,) = annotate(annotator, "mc", [solution], drawn)
    assert annotation.verdicts == ("correct",) * error + ("incorrect",) * (steps - error)


@pytest.mark.parametrize(
    "change",
    [{"draws": 0}, {"root": 0}, {"min_root_correct": 0}, {"temperature": 0}, {"max_unknown": 1}],
)
def test_settings_out_of_range_are_refused(change):
    with pytest.raises(ValueError, match=f"{next(iter(change))} must be"):
        Uncertainty(method="uncertainty", **change)
