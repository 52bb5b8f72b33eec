"""Texts in pages: escaped, cut where they are long, and nothing in them hidden."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.pages.texts import MOST, shown


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=200))
def test_what_is_shown_reads_as_the_text(text):
    assert unescape(str(shown(text))) == text


@given(st.text(max_size=200))
def test_no_text_opens_a_tag_of_its_own(text):
    ours = str(shown(text)).replace('<code class="hidden">', "").replace("</code>", "")
    assert "<" not in ours
    assert '"' not in ours


@pytest.mark.parametrize(
    ("text", "told"),
    [("\u202e", r"\u202e"), ("\x00", r"\x00"), ("\ud800", r"\ud800"), ("\u200b", r"\u200b")],
)
def test_what_a_reader_would_not_see_is_written_out(text, told):
    assert shown(text) == f'<code class="hidden">{told}</code>'


def test_lines_and_tabs_stay():
    assert shown("a\n\tb") == "a\n\tb"


def test_a_long_text_keeps_its_beginning_and_its_end():
    told = str(shown("start" + "x" * 100_000 + "end"))
    assert told.startswith("start")
    assert told.endswith("end")
    assert f"{100_008 - MOST:,} characters left out" in told
    assert len(told) < MOST + 100
