"""Replies as models write them: every case is read as it says, and no text at all raises."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.judges import (
    Capo,
    Dimension,
    FirstError,
    Judge,
    MetaCritique,
    PathFinder,
    RPrm,
    Rubric,
    StepVerdicts,
    VersaPrm,
    pairwise,
)
from annotators.judges.reply import Failure

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "cases/judge_replies.jsonl")
    .read_text("utf-8")
    .splitlines()
]
LETTERS = {"C": "correct", "I": "incorrect", "N": "neutral", "?": "unlabelled"}
RUBRIC = (Dimension(name="Logic", asks="Does it follow?", weight=3.0),)


def a_judge(method: str, options: dict[str, Any]) -> Judge:
    if "rubric" in options:
        options = {"rubric": tuple(Dimension(**each) for each in options["rubric"])}
    kinds: dict[str, Any] = {
        "first_error": FirstError,
        "step_verdicts": StepVerdicts,
        "versaprm": VersaPrm,
        "capo": Capo,
        "r_prm": RPrm,
        "pathfinder": PathFinder,
        "rubric": Rubric,
        "meta_critique": MetaCritique,
    }
    judge: Judge = kinds[method](method=method, **options)
    return judge


@pytest.mark.parametrize("case", CASES, ids=[f"{c['judge']}: {c['why']}" for c in CASES])
def test_a_reply_is_read_as_the_case_says(case):
    if case["judge"] == "pairwise":
        assert pairwise.parse(case["reply"]) == case.get("preferred", case.get("reason"))
        return
    judge = a_judge(case["judge"], case.get("options", {}))
    said = judge.parse(case["reply"], case["steps"])
    expected = tuple(LETTERS[letter] for letter in case.get("verdicts", ""))
    assert (said.reason, said.verdicts) == (case.get("reason"), expected)


def test_there_are_cases_of_every_judge_and_every_failure():
    assert len(CASES) >= 300
    assert {c["judge"] for c in CASES} == {*JUDGES, "pairwise"}
    assert {c["reason"] for c in CASES if "reason" in c} == set(get_args(Failure))


JUDGES: dict[str, dict[str, Any]] = {
    "first_error": {},
    "step_verdicts": {},
    "versaprm": {},
    "capo": {},
    "r_prm": {},
    "pathfinder": {},
    "rubric": {"rubric": [{"name": "Logic", "asks": "Does it follow?"}]},
}
PIECES = [
    *("Verdicts:", "Grades:", "Scores:", "Wrong steps:", "Better:", "<think>", "</think>", "```"),
    *("Verification: Is the step correct (Yes/No)?", "\\boxed{", "boxed", "}", "{", ":", "\n", " "),
    *("step_0", "step_1: correct", "step_0: incorrect", "GOOD", "BAD", "Yes", "No", "none", ","),
    *("-1", "−1", "0", "1", "2", "99999999999", "Math: 1", "Consistency: 0", "Logic: 3", "**", "٣"),
    *(
        "all steps are correct",
        "the first error is in step 1",
        "\\text{step_1}",
        "\ud800",
        "é",
        "三",
    ),
]
REPLIES = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=15).map("\n".join),
)


@pytest.mark.parametrize("method", JUDGES)
@given(text=REPLIES, steps=st.integers(1, 6))
def test_any_text_is_read_for_every_step_or_refused_with_a_reason(method, text, steps):
    judge = a_judge(method, JUDGES[method])
    if method in {"r_prm", "pathfinder", "rubric"}:
        steps = 1
    said = judge.parse(text, steps)
    if said.reason is None:
        assert len(said.verdicts) == steps
        assert len(said.scores) == len(judge.dimensions)
        assert all(0 <= score <= 1 for score in said.scores)
    else:
        assert said.reason in get_args(Failure)
        assert not said.verdicts
        assert not said.scores


@given(text=REPLIES)
def test_any_text_prefers_a_candidate_or_is_refused_with_a_reason(text):
    assert pairwise.parse(text) in {"A", "B", *get_args(Failure)}


MARKS = re.compile(r"boxed|verdicts|scores|wrong steps|verification|better|grades", re.IGNORECASE)


@pytest.mark.parametrize("method", JUDGES)
@given(text=st.text().filter(lambda text: not MARKS.search(text)))
def test_text_without_the_form_asked_for_gives_no_verdict(method, text):
    assert a_judge(method, JUDGES[method]).parse(text, 1).verdicts == ()


HUGE = 20_000
"""So much of anything that a search which goes back and forth in it would not end."""


@pytest.mark.parametrize("method", JUDGES)
@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{" * HUGE,
        "\\boxed{1}" + "`" * HUGE + "x",
        "\\boxed{1}" + " ." * HUGE + "x",
        "Wrong steps: 1" + " " * HUGE + "x",
        "```" + " " * HUGE + "!",
        "Scores:\n" * HUGE,
        "the first error " * HUGE,
        "1" * HUGE,
    ],
    ids=lambda text: text[:12],
)
def test_a_reply_of_hostile_length_is_refused(method, text):
    assert a_judge(method, JUDGES[method]).parse(text, 1).reason is not None
