"""A row of the ledger is its completion, whatever stands in it."""

from __future__ import annotations

import sqlite3
from array import array
from contextlib import closing
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from stepmark.engines.protocol import Completion
from stepmark.ledger import Entry, Ledger
from stepmark.ledger.rows import completion_of, row_of
from tests.fakes.factories import a_completion
from tests.stepmark.ledger.entries import ADDRESS, PROBLEM, an_entry, keep

texts = st.text() | st.sampled_from(["", "\0", "a\0b", "😀", "e\u0301", "\u2028", "\r\n"])
floats32 = st.floats(width=32, allow_nan=False)
completions = st.builds(
    Completion,
    draw=st.integers(0, 1 << 40),
    text=texts,
    finish_reason=st.sampled_from(["stop", "length", "failed"]),
    prompt_tokens=st.integers(0, 1 << 40),
    completion_tokens=st.integers(0, 1 << 40),
    reasoning=texts,
    logprobs=st.none() | st.lists(floats32, max_size=5).map(tuple),
    reason=st.none() | texts,
    token_starts=st.none() | st.lists(st.integers(-99, 1 << 30), max_size=5).map(tuple),
)


@given(completions)
def test_a_row_is_its_completion(completion):
    with closing(sqlite3.connect(":memory:")) as connection:
        marks = ", ".join("?" * 9)
        row = connection.execute(f"SELECT {marks}", row_of(completion)).fetchone()
    assert completion_of(row) == completion


@given(st.lists(st.floats(-1e4, 0), max_size=5))
@settings(max_examples=25)
def test_log_probabilities_are_kept_as_float32(logprobs):
    row = row_of(a_completion(logprobs=tuple(logprobs)))
    assert completion_of(row).logprobs == tuple(array("f", logprobs))


def test_no_log_probabilities_and_none_asked_for_stay_apart(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        empty, none = a_completion(0, logprobs=()), a_completion(1, logprobs=None)
        assert keep(ledger, an_entry(empty, none)) == [(empty, none)]


def test_half_characters_are_replaced_when_written_for_every_reader_alike(tmp_path):
    """Neither SQLite nor Parquet can store a lone surrogate."""
    with closing(Ledger(tmp_path)) as ledger:
        asked = replace_asked(an_entry(a_completion(0, "half \ud83d.")), {"prompt": "\ud83d"})
        ((kept,),) = keep(ledger, asked)
        assert kept.text == "half ?."
        assert ledger.find(PROBLEM, ADDRESS, [0]) == {0: kept}


def replace_asked(entry: Entry, asked: dict[str, str]) -> Entry:
    return entry._replace(asked=asked)


def test_a_failed_draw_keeps_its_reason(tmp_path):
    failed = replace(a_completion(0, ""), finish_reason="failed", reason="context_overflow")
    with closing(Ledger(tmp_path)) as ledger:
        assert keep(ledger, an_entry(failed)) == [(failed,)]
