"""The adaptive probe: it finds what there is to find, and always stops."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.probes import Adaptive
from annotators.probes.adaptive import draw_costs
from annotators.rules import Posterior
from stepmark.counts import FloatArray, Passage, Tally
from stepmark.posterior import Confusion, Hyper, evidence_of
from stepmark.records import Solution, Verdict
from tests.fakes.columns import annotate
from tests.fakes.factories import FakeSource, a_monte_carlo, a_solution, rollouts_of, run
from tests.fakes.posteriors import OUTCOMES, noiseless, tallies

PROBE = Adaptive(method="adaptive")


class Cumulative(FakeSource):
    """Cuts each tally down to the draws asked for, right ones first."""

    def __init__(self, world: dict[int, Tally]) -> None:
        super().__init__(world)
        self.steps = 0
        self.testimony: FloatArray | None = None
        self._told: dict[int, Tally] = {}

    async def tally(self, position: int, draws: int) -> Tally:
        whole = await super().tally(position, draws)
        correct = min(whole.correct, draws)
        told = Tally(
            correct=correct,
            incorrect=min(whole.incorrect, draws - correct),
            unknown=min(whole.unknown, draws),
            own=min(whole.own, draws - correct),
        )
        self._told[position] = told
        return told

    def passages(self) -> list[Passage]:
        """Return every draw as one that left at its prefix."""
        return [Passage(left=self._told.get(step, Tally())) for step in range(self.steps)]

    @property
    def spent(self) -> dict[int, int]:
        """Draws by position."""
        return dict(self.asked)  # a later request for more replaces an earlier one


def spend(probe: Adaptive, solution: Solution, source: Cumulative) -> dict[int, int]:
    source.steps = len(solution.steps)
    run(probe.probe(solution, source))
    return source.spent


@pytest.mark.parametrize("steps", [1, 2, 5, 12])
def test_without_noise_the_exact_first_error_is_labelled_for_few_rollouts(steps):
    annotator = a_monte_carlo(PROBE, Posterior(method="posterior"))
    for error in range(steps):
        solution, world = a_solution(steps), noiseless(steps, error, draws=40)
        spent = spend(PROBE, solution, Cumulative(world))
        spent_on_prefixes = sum(n for position, n in spent.items() if position)
        assert spent_on_prefixes <= 6 * math.ceil(math.log2(steps + 1))
        drawn = {t: Tally(*(min(field, spent[t]) for field in world[t])) for t in spent}
        (annotation,) = annotate(annotator, "mc", [solution], rollouts_of(solution, drawn))
        assert annotation.first_error == error
        assert annotation.verdicts == ("correct",) * error + ("incorrect",) * (steps - error)


@settings(max_examples=20)
@given(
    st.lists(tallies(3), min_size=8, max_size=8),
    st.integers(2, 8),
    st.integers(1, 9),
    st.integers(1, 4),
    st.sampled_from(OUTCOMES),
)
def test_whatever_is_drawn_the_budget_holds(table, steps, budget, at_once, outcome):
    probe = Adaptive(
        method="adaptive", budget=budget, round=at_once, confidence=0.999999, worth=0.0
    )
    solution = a_solution(steps, outcome=outcome)
    spent = spend(probe, solution, Cumulative(dict(enumerate(table))))
    assert sum(n for position, n in spent.items() if position) <= budget
    assert all(0 <= position < steps for position in spent)


def test_draws_that_are_all_unknown_end_at_the_budget_too():
    source = Cumulative(dict.fromkeys(range(6), Tally(unknown=8)))
    spend(Adaptive(method="adaptive", budget=10), a_solution(6), source)
    assert len([position for position in source.positions if position]) <= 10


def test_a_hyper_parameter_that_is_badly_wrong_costs_no_more_than_the_budget():
    """A model without recovery, in which every prefix agrees, meets draws that contradict it."""
    wrong = Hyper(
        clean=(0, 0, 0, 0, 0, 0, 1),
        shape=(1, 0, 0),
        recovery=(1, 0, 0, 0),
        own_broken=(1, 0, 0, 0),
        own_sound=(1, 0, 0, 0, 0),
        concentration=1e9,
    )
    world = dict.fromkeys(range(8), Tally(correct=2, incorrect=20, own=10))
    spent = spend(Adaptive(method="adaptive", hyper=wrong), a_solution(8), Cumulative(world))
    assert sum(n for position, n in spent.items() if position) <= 40


def test_it_stops_when_no_draw_is_worth_its_while():
    source = Cumulative(noiseless(8, 3))
    spend(Adaptive(method="adaptive", worth=3.0), a_solution(8), source)
    assert source.positions == [0]


def test_a_higher_confidence_never_costs_less():
    probes = [Adaptive(method="adaptive", confidence=c) for c in (0.5, 0.9, 0.99)]
    world = noiseless(9, 4, draws=40)
    spent = [sum(spend(probe, a_solution(9), Cumulative(world)).values()) for probe in probes]
    assert spent == sorted(spent)
    assert spent[0] < spent[-1]


def test_a_round_asks_one_more_draw_of_each_of_the_best_prefixes():
    source = Cumulative(noiseless(9, 4))
    spend(Adaptive(method="adaptive", round=3, budget=3), a_solution(9), source)
    assert [draws for position, draws in source.asked if position] == [1, 1, 1]
    assert len(set(source.positions)) == 4


def test_the_bare_problem_is_asked_for_the_stated_draws_and_no_more():
    for root in (0, 5):
        source = Cumulative(noiseless(9, 4))
        spend(Adaptive(method="adaptive", root=root), a_solution(9), source)
        assert [draws for position, draws in source.asked if not position] == [root][:root]


def test_the_same_tallies_give_the_same_requests():
    asked = []
    for _ in range(2):
        source = Cumulative(noiseless(9, 4))
        spend(PROBE, a_solution(9), source)
        asked.append(source.asked)
    assert asked[0] == asked[1]


def test_a_draw_costs_what_is_left_to_write_and_a_quarter_of_what_is_read():
    solution = a_solution(["ab", "cdef", "gh"], completion_tokens=16, prompt_tokens=8)
    assert draw_costs(solution).tolist() == [16 + 2, 12 + 0.25 * 12, 4 + 0.25 * 20]


def test_without_known_tokens_a_draw_costs_its_characters():
    solution = a_solution(["ab", "cdef"], completion_tokens=0, prompt_tokens=0)
    assert draw_costs(solution).tolist() == [6, 4 + 0.5]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"confidence": 1.0}, "confidence must be between 0 and 1, not 1.0"),
        ({"budget": 0}, "budget must be at least 1, not 0"),
        ({"round": 0}, "round must be at least 1, not 0"),
        ({"root": -1}, "root must be at least 0, not -1"),
        ({"worth": -0.1}, "worth must be at least 0, not -0.1"),
        ({"worth": math.nan}, "worth must be at least 0, not nan"),
    ],
)
def test_settings_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Adaptive(method="adaptive", **options)


SURE = Confusion(before=0.01, at=0.99, after=0.05)


def test_a_witness_that_is_sure_saves_the_rollouts():
    solution, world = a_solution(8), noiseless(8, 3)
    alone, told = Cumulative(world), Cumulative(world)
    verdicts: list[Verdict] = [*("correct",) * 3, "incorrect", *("unlabelled",) * 4]
    told.testimony = evidence_of(verdicts, SURE)
    with_nobody = spend(PROBE, solution, alone)
    with_witness = spend(PROBE, solution, told)
    assert sum(n for position, n in with_nobody.items() if position) > 0
    assert sum(n for position, n in with_witness.items() if position) == 0
