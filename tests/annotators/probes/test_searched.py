from __future__ import annotations

from annotators.probes import Searched
from annotators.rules import Soft
from stepmark.counts import Tally
from tests.fakes.columns import annotate
from tests.fakes.factories import FakeSource, a_monte_carlo, a_solution, rollouts_of, run

PROBE = Searched(method="searched")
READER = a_monte_carlo(PROBE, Soft(method="soft"))


def test_it_asks_for_nothing():
    source = FakeSource()
    run(PROBE.probe(a_solution(4), source))
    assert source.asked == []


def test_labels_are_the_values_of_the_states_and_what_lies_before_them_is_interpolated():
    solution = a_solution(4)
    nodes = {0: Tally(4, 4), 2: Tally(6, 2), 3: Tally(0, 8)}
    (annotation,) = annotate(READER, "mc", [solution], rollouts_of(solution, nodes))
    assert [label.value for label in annotation.labels] == [None, 0.75, 0, 0]
    assert [label.interpolated for label in annotation.labels] == [True, False, False, False]
    assert (annotation.first_error, annotation.bracketed) == (2, True)


def test_a_solution_without_rollouts_of_the_search_is_not_labelled():
    solution = a_solution(4)
    (annotation,) = annotate(READER, "mc", [solution], [])
    assert annotation.reason == "not_probed"
    assert annotation.first_error is None
    assert set(annotation.verdicts) == {"unlabelled"}
