"""Segmenters: the parts give the text back, cuts fall where the cases say, time is linear."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.segment import MAX_BLOCK, Method, Segmenter, Think

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "cases/segment.jsonl").read_text("utf-8").splitlines()
]
SEGMENTERS = [
    Segmenter(method=method, think=think)
    for method in get_args(Method)
    for think in get_args(Think)
]
FRAGMENTS = (
    *(
        "a",
        "b",
        "A",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        "x = 1.5",
        "1. ",
        "e.g. ",
        "J. ",
        "n! ",
    ),
    *(". ", "? ", "。", "...", ": ", "$", "$$", "\\[", "\\]", "\\(", "\\)", "\\\\", "\\$", "```"),
    *("\\begin{a}", "\\end{a}", "\\begin{b}", "\\end{b}", "<think>", "</think>", "- ", "So "),
    *("Step 1: ", "\nStep 2. ", "\n**Step 3:** ", "\n### Step 4\n", "\ud800", "\u2028", "\f"),
)
TRICKY_TEXTS = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)
SEGMENTER_NAMES = [f"{segmenter.method}-{segmenter.think}" for segmenter in SEGMENTERS]
every_segmenter = pytest.mark.parametrize("segmenter", SEGMENTERS, ids=SEGMENTER_NAMES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['method']}: {case['why']}")
def test_case_is_cut_as_written(case: dict[str, object]) -> None:
    """Each line of the case file holds: text, and the parts it must fall into."""
    segmenter = Segmenter(method=case["method"], think=case["think"])  # type: ignore[arg-type]
    segmented = segmenter.segment(str(case["text"]))
    assert segmented._asdict() == {
        "lead": case["lead"],
        "steps": tuple(case["steps"]),  # type: ignore[arg-type]
        "tail": case["tail"],
    }


def test_cases_cover_every_method_and_part() -> None:
    """The case file has something to say about each setting."""
    assert {case["method"] for case in CASES} == set(get_args(Method))
    assert {case["think"] for case in CASES} == set(get_args(Think))


@every_segmenter
@given(text=st.text() | TRICKY_TEXTS)
def test_parts_give_the_text_back(segmenter: Segmenter, text: str) -> None:
    """Lead, steps and tail in a row are the text, whatever the text."""
    lead, steps, tail = segmenter.segment(text)
    assert lead + "".join(steps) + tail == text


@every_segmenter
@given(text=st.text() | TRICKY_TEXTS)
def test_no_step_is_blank(segmenter: Segmenter, text: str) -> None:
    """White space never makes a step of its own."""
    assert all(step.strip() for step in segmenter.segment(text).steps)


@every_segmenter
@given(text=TRICKY_TEXTS)
def test_prefix_up_to_a_step_has_the_same_steps(segmenter: Segmenter, text: str) -> None:
    """Cutting at a boundary changes no earlier boundary, once `<think>` is there to be seen."""
    if segmenter.think == "inside":
        text = "<think>" + text
    lead, steps, _ = segmenter.segment(text)
    for count in range(1, len(steps)):
        prefix = segmenter.segment(lead + "".join(steps[:count]))
        assert prefix.steps == steps[:count]


def test_prefix_of_template_opened_thinking_shows_no_thinking() -> None:
    """The stated exception: without a tag nothing says that the text is thinking."""
    segmenter = Segmenter(think="inside")
    assert segmenter.segment("a\n\nb</think>").steps == ("a\n\n", "b")
    assert segmenter.segment("a\n\n").steps == ()


def test_block_longer_than_the_bound_protects_nothing() -> None:
    """One stray delimiter cannot join a whole solution."""
    text = "$$a\n\n" + "b" * MAX_BLOCK + "$$"
    assert len(Segmenter().segment(text).steps) == 2


def test_line_break_that_a_block_ends_with_is_a_cut() -> None:
    """A cut at the very edge of a block is allowed."""
    assert Segmenter(method="newline").segment("$$\na\n$$\n$$\nb\n$$").steps == (
        "$$\na\n$$\n",
        "$$\nb\n$$",
    )


LINEAR: tuple[Method, ...] = ("newline", "step_markers", "sentence")
"""Text without markers takes `step_markers` through `blank_line` too."""
HOSTILE = {
    "spaces after a break": "\n" + " " * 10**6,
    "breaks": "\n" * 10**6,
    "breaks with spaces": "\n " * 500_000,
    "double dollars": "$$" * 500_000,
    "dollars": "$a" * 500_000,
    "a dollar and spaces": "$\n" + " " * 10**6,
    "brackets that never close": "\\[a\n\n" * 200_000,
    "far brackets": ("\\[" + "a" * 9_000 + "\n\n") * 100,
    "fences": "```\n\n" * 200_000,
    "environments that never close": "\\begin{a}\n\n" * 90_000,
    "environments that were never opened": "\\end{a}\n\n" * 100_000,
    "deep environments": "\\begin{a}" * 50_000 + "\n\n" + "\\end{a}" * 50_000,
    "backslashes": "\\" * 10**6,
    "opening tags": "<think>\n\n" * 100_000,
    "closing tags": "</think>" * 120_000,
    "full stops": "." * 10**6,
    "initials": "A. " * 300_000,
    "markers": "\nStep 1:" * 120_000,
    "almost markers": "\n**Step 1" * 110_000,
    "one long word": "a" * 10**6,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_made_to_backtrack_takes_seconds_at_most(text: str) -> None:
    """Quadratic time would take hours here; the bound leaves room for a busy machine."""
    start = time.process_time()
    for method in LINEAR:
        lead, steps, tail = Segmenter(method=method, think="both").segment(text)
        assert lead + "".join(steps) + tail == text
    assert time.process_time() - start < 30
