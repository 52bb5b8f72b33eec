"""Precedence: whose labels a solution has, and that people who differ are not overruled."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from filters.first_to_tell import FirstToTell
from stepmark import ragged
from stepmark.counts import Tally, counts_of
from stepmark.evidence import Spent
from stepmark.labels import INCORRECT, REASONS, Labels, StepLabels

PEOPLE_FIRST = FirstToTell(method="first_to_tell", of=("people", "mc"), semantics="correctness")


def labels(*solutions: str, reasons: tuple[str | None, ...] = (), draws: int = 0) -> Labels:
    """Labels with a letter a step: C, I or ? for unlabelled; and so many draws from each."""
    tally = Tally(correct=draws)
    counts = counts_of([Tally()] * len(solutions), [[tally] * len(each) for each in solutions])
    verdicts = np.array(["?CI".index(x) for each in solutions for x in each], dtype=np.int8)
    spent = np.full(len(solutions), draws)
    whole = reasons or (None,) * len(solutions)
    return Labels(
        semantics="potential",
        steps=StepLabels(
            verdicts=verdicts,
            values=np.where(verdicts == 0, np.nan, 0.5 + draws),
            interpolated=np.full(len(verdicts), draws > 0),
            reasons=np.where(verdicts == 0, REASONS.index("undecided"), 0).astype(np.int8),
        ),
        counts=counts,
        first_error=ragged.first(verdicts == INCORRECT, counts.offsets),
        bracketed=np.full(len(solutions), draws > 0),
        reasons=np.array([REASONS.index(reason) for reason in whole], dtype=np.int8),
        spent=Spent(rollouts=spent, requests=spent, prompt_tokens=spent, completion_tokens=spent),
    )


def said(combined: Labels) -> list[str]:
    text = "".join("?CI"[verdict] for verdict in combined.steps.verdicts)
    return [text[a:b] for a, b in itertools.pairwise(combined.counts.offsets)]


def test_people_stand_and_the_next_annotator_fills_in_where_nobody_looked():
    people = labels("CI?", "???", reasons=(None, "not_reviewed"))
    both = PEOPLE_FIRST.combine([people, labels("CCC", "ICC", draws=3)])
    assert said(both) == ["CI?", "ICC"]
    assert both.first_error.tolist() == [1, 0]
    assert both.counts.correct.tolist() == [0, 0, 0, 3, 3, 3]
    assert both.steps.values.tolist()[:2] == [0.5, 0.5]
    assert both.bracketed.tolist() == [False, True]
    assert both.semantics == "correctness"
    assert both.spent.rollouts.tolist() == [3, 3]


def test_people_who_differ_are_not_overruled():
    people = labels("???", "???", reasons=("tied", "cannot_tell"))
    both = PEOPLE_FIRST.combine([people, labels("CCC", "CCC")])
    assert said(both) == ["???", "CCC"]
    assert [REASONS[reason] for reason in both.reasons] == ["tied", None]


def test_where_nobody_tells_the_last_ones_reason_stands():
    people = labels("??", "??", reasons=("not_reviewed", "not_reviewed"))
    both = PEOPLE_FIRST.combine([people, labels("??", "??", reasons=("right_answer", None))])
    assert said(both) == ["??", "??"]
    assert [REASONS[reason] for reason in both.reasons] == ["right_answer", None]


@given(st.lists(st.text("CI?", min_size=0, max_size=4), min_size=1, max_size=5), st.data())
def test_no_solution_is_a_mixture(solutions, data):
    others = [data.draw(st.text("CI?", min_size=len(s), max_size=len(s))) for s in solutions]
    both = PEOPLE_FIRST.combine([labels(*solutions), labels(*others)])
    for one, other, chosen in zip(solutions, others, said(both), strict=True):
        assert chosen == (one if set(one) - {"?"} else other)


def test_a_single_voice_is_left_as_it_is():
    alone = labels("CI", "??", reasons=(None, "tied"))
    combined = replace(PEOPLE_FIRST, of=("people",), semantics=None).combine([alone])
    assert said(combined) == said(alone)
    assert combined.semantics == "potential"
