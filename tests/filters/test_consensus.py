"""Consensus: which labels stay, by hand, and that no verdict comes out that nobody gave."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.consensus import SameFirstError, SameLabels, SameSteps, Weighted
from stepmark import ragged
from stepmark.counts import Tally, counts_of
from stepmark.evidence import Spent
from stepmark.labels import INCORRECT, REASONS, UNDECIDED, Labels, StepLabels
from stepmark.records import Semantics

TWO = ("mc", "judge")


def labels(*solutions: str, semantics: Semantics = "potential", tokens: int = 10) -> Labels:
    """Labels with one letter a step: C, I, N or ? for unlabelled."""
    counts = counts_of([Tally()] * len(solutions), [[Tally()] * len(each) for each in solutions])
    verdicts = np.array(["?CIN".index(x) for each in solutions for x in each], dtype=np.int8)
    spent = np.full(len(solutions), tokens)
    return Labels(
        semantics=semantics,
        steps=StepLabels(
            verdicts=verdicts,
            values=np.where(verdicts == 0, np.nan, np.where(verdicts == INCORRECT, 0.1, 0.9)),
            interpolated=np.zeros(len(verdicts), dtype=np.bool_),
            reasons=np.where(verdicts == 0, UNDECIDED, 0).astype(np.int8),
        ),
        counts=counts,
        first_error=ragged.first(verdicts == INCORRECT, counts.offsets),
        bracketed=np.array(["I" in each for each in solutions]),
        reasons=np.zeros(len(solutions), dtype=np.int8),
        spent=Spent(rollouts=spent, requests=spent, prompt_tokens=spent, completion_tokens=spent),
    )


def said(combined: Labels) -> list[str]:
    text = "".join("?CIN"[verdict] for verdict in combined.steps.verdicts)
    offsets = combined.counts.offsets
    return [text[a:b] for a, b in itertools.pairwise(offsets)]


def why(combined: Labels) -> list[str | None]:
    return [REASONS[reason] for reason in combined.reasons]


QWEN = SameFirstError(method="same_first_error", of=TWO)
GENPRM = SameLabels(method="same_labels", of=TWO)


@pytest.mark.parametrize(
    ("mc", "judge", "kept", "reason"),
    [
        ("CIC", "CI?", "CIC", None),
        ("CCC", "CCC", "CCC", None),
        ("CNC", "CCC", "CNC", None),
        ("CIC", "CCI", "???", "no_consensus"),
        ("CCC", "CCI", "???", "no_consensus"),
        ("CIC", "CCC", "???", "no_consensus"),
        ("C?C", "CCC", "???", "first_error_unknown"),
        ("C?I", "CCI", "???", "first_error_unknown"),
        ("CCI", "?CI", "???", "first_error_unknown"),
        ("???", "???", "???", "first_error_unknown"),
        ("I??", "I??", "I??", None),
    ],
)
def test_qwens_filter_keeps_solutions_with_one_first_error(mc, judge, kept, reason):
    combined = QWEN.combine([labels(mc), labels(judge)])
    assert (said(combined), why(combined)) == ([kept], [reason])


@pytest.mark.parametrize(
    ("mc", "judge", "kept", "reason"),
    [
        ("CIC", "CIC", "CIC", None),
        ("CIC", "CII", "???", "no_consensus"),
        ("CIC", "CI?", "CIC", None),
        ("CNC", "CCC", "CNC", None),
        ("C?C", "CIC", "C?C", None),
        ("CCC", "???", "???", "first_error_unknown"),
    ],
)
def test_genprms_filter_drops_a_solution_for_any_difference(mc, judge, kept, reason):
    combined = GENPRM.combine([labels(mc), labels(judge)])
    assert (said(combined), why(combined)) == ([kept], [reason])


def test_the_two_filters_differ_after_the_first_error():
    sources = [labels("CIC"), labels("CII")]
    assert said(QWEN.combine(sources)) == ["CIC"]
    assert said(GENPRM.combine(sources)) == ["???"]


def test_step_by_step_what_is_agreed_stays():
    three = SameSteps(method="same_steps", of=("a", "b", "c"))
    combined = three.combine([labels("CCI?"), labels("CII?"), labels("N?I?")])
    assert said(combined) == ["C?I?"]
    silent = [None, "no_consensus", None, "no_consensus"]
    assert [REASONS[reason] for reason in combined.steps.reasons] == silent


def test_weights_that_tie_as_written_decide_nothing():
    """As floats 0.9 is above half of 0.3 + 0.6 + 0.9."""
    block = Weighted(method="weighted", of=("a", "b", "c"), weights={"a": 0.3, "b": 0.6, "c": 0.9})
    assert said(block.combine([labels("CI"), labels("CI"), labels("IC")])) == ["??"]


def test_a_step_needs_enough_annotators():
    sources = [labels("C?"), labels("CC")]
    assert said(SameSteps(method="same_steps", of=TWO).combine(sources)) == ["C?"]
    assert said(SameSteps(method="same_steps", of=TWO, least=1).combine(sources)) == ["CC"]


def test_weights_decide_and_the_value_is_the_weight_for_soundness():
    heavy = Weighted(method="weighted", of=("a", "b", "c"), weights={"a": 3.0})
    combined = heavy.combine([labels("CI"), labels("IC"), labels("IC")])
    assert said(combined) == ["CI"]
    assert combined.steps.values.tolist() == [pytest.approx(0.6), pytest.approx(0.4)]


def test_equal_weights_on_both_sides_decide_nothing():
    assert said(Weighted(method="weighted", of=TWO).combine([labels("CI"), labels("II")])) == ["?I"]


def test_silence_is_on_no_side():
    sources = [labels("C"), labels("?"), labels("?")]
    assert said(Weighted(method="weighted", of=("a", "b", "c")).combine(sources)) == ["?"]


def test_what_the_labels_claim_is_stated_where_annotators_differ():
    sources = [labels("C"), labels("C", semantics="correctness")]
    stated = SameFirstError(method="same_first_error", of=TWO, semantics="correctness")
    assert stated.combine(sources).semantics == "correctness"


def test_costs_add_up():
    spent = QWEN.combine([labels("C", tokens=10), labels("C", tokens=7)]).spent
    assert spent.completion_tokens.tolist() == [17]


def test_a_first_error_is_bracketed_only_if_it_is_the_one_measured():
    steps = SameSteps(method="same_steps", of=TWO)
    assert steps.combine([labels("CIC"), labels("CIC")]).bracketed.tolist() == [True]
    assert steps.combine([labels("CII"), labels("CCI")]).bracketed.tolist() == [False]


@pytest.mark.parametrize(
    "block",
    [
        lambda: SameSteps(method="same_steps", of=TWO, least=3),
        lambda: Weighted(method="weighted", of=TWO, weights={"x": 1.0}),
        lambda: Weighted(method="weighted", of=TWO, weights={"mc": 0.0}),
        lambda: Weighted(method="weighted", of=TWO, share=0.4),
    ],
)
def test_a_consensus_that_makes_no_sense_is_refused(block):
    with pytest.raises(ValueError, match=r"least must|weights are|share must"):
        block()


PAIRS = st.integers(1, 5).flatmap(
    lambda n: st.lists(
        st.tuples(*[st.text("CIN?", min_size=n, max_size=n)] * 2), min_size=1, max_size=4
    )
)


BLOCKS = (
    QWEN,
    GENPRM,
    SameSteps(method="same_steps", of=TWO),
    Weighted(method="weighted", of=TWO),
)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.method)
@given(pairs=PAIRS)
def test_a_verdict_comes_from_somebody_and_solutions_stay_apart(block, pairs):
    together = said(block.combine([labels(*column) for column in zip(*pairs, strict=True)]))
    for pair, kept in zip(pairs, together, strict=True):
        assert said(block.combine([labels(each) for each in pair])) == [kept]
        for steps in zip(kept, *pair, strict=True):
            verdict, *given_ = (x.replace("N", "C") for x in steps)
            assert verdict == "?" or verdict in given_
