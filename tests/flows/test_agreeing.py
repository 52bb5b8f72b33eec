"""How far two annotators agree, by hand."""

from __future__ import annotations

from flows.agreeing import pair, pairs
from flows.disagreements import words
from tests.fakes.said import said


def test_steps_are_counted_by_both_verdicts():
    found = pair(said("CCI?"), said("CII?", annotator="judge"))
    assert found.verdicts.tolist() == [[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert found.steps == 3


def test_kappa_is_over_the_steps_that_both_label():
    assert pair(said("CCII?I"), said("CCIIC?")).kappa == 1
    assert pair(said("CCII"), said("CICI")).kappa == 0
    assert pair(said("CC"), said("CC")).kappa is None


def test_solutions_are_counted_by_who_names_the_earlier_first_error():
    found = pair(said("CI", "IC", "CC", "CI"), said("CI", "CC", "CI", "IC"))
    assert (found.same, found.one_earlier, found.other_earlier, found.unknown) == (1, 1, 2, 0)


def test_who_says_nothing_neither_agrees_nor_differs():
    one, other = said("??", "CI", "??"), said("CC", "??", "??")
    for found in (pair(one, other), pair(other, one)):
        assert (found.same, found.one_earlier, found.other_earlier, found.unknown) == (0, 0, 0, 3)


def test_who_is_silent_after_some_steps_has_not_said_that_none_is_wrong():
    found = pair(said("C???", "C???", "C???"), said("CCCC", "CCIC", "ICCC"))
    assert (found.same, found.one_earlier, found.other_earlier, found.unknown) == (0, 0, 1, 2)


def test_an_error_after_an_open_step_may_be_earlier_and_is_never_the_same():
    found = pair(said("?IC", "?IC"), said("CCI", "CIC"))
    assert (found.same, found.one_earlier, found.other_earlier, found.unknown) == (0, 1, 0, 1)


def test_what_is_named_is_told_apart_from_what_is_left_open():
    assert words(said("CI", "CC", "?I", "C?")) == ["1", "none", "1 or before", "unknown"]


def test_every_two_of_several_are_a_pair():
    names = [(each.one, each.other) for each in pairs([said("C", annotator=n) for n in "abc"])]
    assert names == [("a", "b"), ("a", "c"), ("b", "c")]
