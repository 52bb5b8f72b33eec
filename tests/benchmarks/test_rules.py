"""The benchmark of rules measures all of them."""

from __future__ import annotations

from typing import get_args

from annotators.rules import Rule
from benchmarks.rules import every_rule, measure, shards


def test_every_rule_is_measured_and_has_something_to_read():
    assert {type(rule) for rule in every_rule().values()} == set(get_args(Rule))
    (counts,) = shards(40, 50)
    assert all(rule.read(counts).verdicts.any() for rule in every_rule().values())


def test_shards_add_up_to_the_solutions_asked_for():
    assert [len(counts.offsets) - 1 for counts in shards(50, 20)] == [20, 20, 10]


def test_figures_are_steps_a_second_by_rule():
    assert measure(2_000, 1_000).keys() == every_rule().keys()
