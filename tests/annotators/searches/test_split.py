from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotators.searches.split import by_spans, by_steps
from annotators.searches.tree import ROOT, prefix_of, text_of
from stepmark.segment import Segmented, Segmenter
from tests.fakes.factories import a_draw

WORDS = st.text("ab \n<>/think.", max_size=60)
SEGMENTERS = st.builds(
    Segmenter,
    method=st.sampled_from(["blank_line", "newline", "step_markers", "sentence"]),
    think=st.sampled_from(["after", "inside", "both"]),
)
SPLITS = st.one_of(SEGMENTERS.map(by_steps), st.floats(0.5, 9).map(by_spans))


@given(split=SPLITS, first=WORDS, second=WORDS, position=st.integers(0, 5))
def test_the_parts_give_the_text_back_and_keep_the_prefix(split, first, second, position):
    prefix = prefix_of(split(ROOT, a_draw(text=first)), position)
    parts = split(prefix, a_draw(text=second))
    assert text_of(parts) == text_of(prefix) + second
    assert parts.steps[: len(prefix.steps)] == prefix.steps
    assert all(step.strip() for step in parts.steps[len(prefix.steps) :])


def test_a_prefix_ends_a_step_even_where_the_segmenter_would_not_cut():
    prefix = Segmented("", ("one ",), "")
    assert by_steps(Segmenter(method="newline"))(prefix, a_draw(text="more\ntwo\n")).steps == (
        "one ",
        "more\n",
        "two\n",
    )


def test_spans_are_near_equal_and_end_at_white_space():
    text = "aaaa bbbb cccc dddd eeee ffff gggg hhhh"
    assert by_spans(2)(ROOT, a_draw(text=text)).steps == (
        "aaaa bbbb ",
        "cccc dddd ",
        "eeee ffff ",
        "gggg hhhh",
    )


def test_a_rollout_shorter_than_a_span_is_one_step():
    assert by_spans(100)(ROOT, a_draw(text="a b c")).steps == ("a b c",)
