"""Votes: what several replies say together, by hand and against a plain reading of each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.votes import Ballots, VoteRule, Votes
from stepmark.labels import REASONS, VERDICTS

LETTERS = {"?": 0, "C": 1, "I": 2, "N": 3, "x": 0}
"""`x` is a step of a reply that could not be read, `?` one that the reply says nothing of."""


def ballots(*solutions: Sequence[str]) -> Ballots:
    """Each solution is given by its replies, one letter a step."""
    columns = [list(zip(*replies, strict=True)) for replies in solutions]
    rows = [step for steps in columns for step in steps]
    return Ballots(
        verdicts=np.array([[LETTERS[x] for x in row] for row in rows], dtype=np.int8),
        read=np.array([[x != "x" for x in row] for row in rows], dtype=np.bool_),
        offsets=np.cumsum([0, *map(len, columns)]),
    )


def says(rule: VoteRule, *replies: str, quorum: float = 0.5) -> str:
    labels = Votes(n=len(replies), rule=rule, quorum=quorum).read(ballots(replies))
    return "".join("?CIN"[verdict] for verdict in labels.verdicts)


def why(rule: VoteRule, *replies: str) -> list[str | None]:
    labels = Votes(n=len(replies), rule=rule).read(ballots(replies))
    return [REASONS[reason] for reason in labels.reasons]


@pytest.mark.parametrize(
    ("rule", "together"),
    [
        ("first", "CIC"),
        ("intersection", "CIC"),
        ("union", "CII"),
        ("step_majority", "CIC"),
    ],
)
def test_capos_critiques_are_joined_as_the_rule_says(rule, together):
    assert says(rule, "CIC", "CII", "CIC") == together


def test_intersection_needs_every_vote_and_union_only_one():
    replies = ("CI", "CI", "CC", "CI")
    assert says("intersection", *replies) == "CC"
    assert says("union", *replies) == "CI"


def test_a_majority_names_one_first_error():
    assert says("majority", "CIC", "CII", "CCI") == "CIC"
    assert says("majority", "CI?", "CCI", "CCC") == "???"


def test_the_earliest_reply_of_the_majority_counts():
    assert says("majority", "ICC", "CIN", "CIC") == "CIN"


def test_outcome_majority_leaves_the_other_side_out():
    replies = ("CCC", "ICC", "ICI", "ICC", "CCC")
    assert says("outcome_majority", *replies) == "ICC"
    assert says("step_majority", "CCI", "CIC", "CCC") == "CCC"
    elsewhere = ("CIC", "CCI", "CCI", "CCC", "CCC")
    assert says("outcome_majority", *elsewhere) == "CCI"
    assert says("step_majority", *elsewhere) == "CCC"


def test_half_is_no_majority():
    assert says("step_majority", "IC", "CC") == "?C"
    assert why("step_majority", "IC", "CC") == ["tied", None]
    assert why("majority", "IC", "CC") == ["tied", "tied"]


def test_a_reply_that_cannot_be_read_is_no_vote():
    assert says("step_majority", "xx", "CI", "CI") == "CI"
    assert says("intersection", "xx", "CI", "CI") == "CI"
    assert says("majority", "xx", "CI", "CI") == "CI"


def test_with_too_few_readable_replies_a_step_is_unlabelled():
    assert why("union", "xx", "xx", "CI") == ["unreadable"] * 2
    assert why("first", "xx", "CI") == ["unreadable"] * 2
    assert why("first", "CI", "xx") == [None, None]
    assert says("union", "xx", "xx", "CI", quorum=0.3) == "CI"


def test_a_judge_of_single_steps_may_lose_one_of_them():
    assert says("step_majority", "CxI", "CxI", "CIx") == "C?I"


def test_steps_that_replies_stopped_before_are_after_the_first_error():
    assert says("first", "CI?") == "CI?"
    assert why("first", "CI?") == [None, None, "after_first_error"]
    assert why("step_majority", "CI??", "CI??", "CCCI")[2:] == ["after_first_error"] * 2


def test_a_reply_that_stopped_earlier_does_not_say_incorrect():
    """One first error at step 1, one at step 3: only one of two calls step 3 wrong."""
    for rule in ("intersection", "step_majority", "outcome_majority"):
        assert says(rule, "CI??", "CCCI")[3] == "?"
        assert why(rule, "CI??", "CCCI")[3] == "after_first_error"
    assert says("intersection", "I??", "CII", "CIC") == "C?C"
    assert says("union", "I??", "CII", "CIC") == "III"


def test_more_than_half_is_of_all_replies_that_could_be_read():
    replies = ("I???", "CIC?", "CIIC", "CCIC", "CC?C")
    assert says("step_majority", *replies) == "C??C"
    assert why("step_majority", *replies) == [None, "after_first_error", "after_first_error", None]
    assert says("step_majority", "xxxx", "xxxx", *replies[2:]) == "CCIC"


def test_neutral_is_not_incorrect():
    assert says("step_majority", "N", "N", "C") == "N"
    assert says("step_majority", "N", "C", "C") == "C"
    assert says("union", "N", "C") == "C"


def test_a_value_is_the_share_of_votes_that_find_no_mistake():
    labels = Votes(n=4, rule="step_majority").read(ballots(["CN", "CI", "IC", "Cx"]))
    assert labels.values.tolist() == [0.75, pytest.approx(2 / 3)]


def test_an_unlabelled_step_has_no_value():
    assert np.isnan(Votes(n=2, rule="step_majority").read(ballots(["I", "C"])).values[0])


@pytest.mark.parametrize("changes", [{"n": 0}, {"quorum": 0.0}, {"quorum": 1.5}])
def test_votes_that_make_no_sense_are_refused(changes):
    with pytest.raises(ValueError, match="votes have"):
        Votes(**changes)


REPLIES = st.integers(1, 5).flatmap(
    lambda steps: st.lists(
        st.one_of(st.text("CIN?", min_size=steps, max_size=steps), st.just("x" * steps)),
        min_size=1,
        max_size=5,
    )
)


@pytest.mark.parametrize("rule", get_args(VoteRule))
@given(solutions=st.lists(REPLIES, min_size=1, max_size=3))
def test_solutions_do_not_touch_each_other(rule, solutions):
    votes = max(map(len, solutions))
    padded = [
        [*replies, *["x" * len(replies[0])] * (votes - len(replies))] for replies in solutions
    ]
    rule_ = Votes(n=votes, rule=rule)
    together = rule_.read(ballots(*padded))
    apart = [rule_.read(ballots(replies)) for replies in padded]
    assert together.verdicts.tolist() == [v for labels in apart for v in labels.verdicts]
    assert together.reasons.tolist() == [r for labels in apart for r in labels.reasons]


@pytest.mark.parametrize("rule", get_args(VoteRule))
@given(replies=REPLIES)
def test_no_verdict_is_invented(rule, replies):
    labels = Votes(n=len(replies), rule=rule).read(ballots(replies))
    for step, verdict in enumerate(labels.verdicts):
        cast = {VERDICTS[LETTERS[reply[step]]] for reply in replies}
        assert verdict == 0 or VERDICTS[verdict] in cast
        assert (verdict == 0) == (labels.reasons[step] != 0) == bool(np.isnan(labels.values[step]))


@given(replies=REPLIES)
def test_the_majority_is_that_of_a_plain_count(replies):
    whole = [reply for reply in replies if "x" not in reply]
    named = Counter(reply.find("I") for reply in whole)
    winners = [error for error, votes in named.items() if 2 * votes > len(whole)]
    if 2 * len(whole) < len(replies):
        assert set(says("majority", *replies)) == {"?"}
    elif winners:
        (chosen, *_) = [reply for reply in whole if reply.find("I") == winners[0]]
        assert says("majority", *replies) == chosen
    else:
        assert set(says("majority", *replies)) == {"?"}
