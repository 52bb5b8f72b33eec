"""Too many bad rows stop a source, a few at its top do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stepmark.errors import ProblemError
from stepmark.problems import Intake
from stepmark.records import Reject


def rows(pattern: str) -> Iterator[str | Reject]:
    """Make a row of each letter: `.` is usable, `b` broken, `d` a duplicate."""
    reason = {"b": "broken_json", "d": "duplicate"}
    for line, letter in enumerate(pattern, start=1):
        bad = Reject(source="a.jsonl", line=line, reason=reason.get(letter, ""), detail="seen")
        yield bad if letter in reason else letter


def test_counts_are_kept_by_reason() -> None:
    intake = Intake(max_bad_share=0.5)
    assert len(list(intake.watch(rows("..bd..b")))) == 7
    assert (intake.rows, intake.accepted, intake.bad) == (7, 4, 2)
    assert intake.rejects == {"broken_json": 2, "duplicate": 1}


def test_bad_rows_at_the_top_of_a_long_source_pass() -> None:
    intake = Intake(max_bad_share=0.05)
    list(intake.watch(rows("b" * 20 + "." * 380)))
    assert intake.bad == 20


def test_share_is_judged_exactly_at_the_end() -> None:
    with pytest.raises(ProblemError, match=r"21 of 400 rows cannot be used .broken_json 21."):
        list(Intake(max_bad_share=0.05).watch(rows("b" * 20 + "." * 379 + "b")))


def test_hopeless_source_is_stopped_while_it_is_read() -> None:
    intake = Intake(max_bad_share=0.05)
    with pytest.raises(ProblemError, match=r"max_bad_share 0.05"):
        list(intake.watch(rows("b" * 1000)))
    assert intake.rows == 21


def test_duplicates_do_not_count_as_bad() -> None:
    list(Intake(max_bad_share=0.0).watch(rows(".ddddd")))


def test_one_bad_row_is_too_many_when_none_is_allowed() -> None:
    intake = Intake(max_bad_share=0.0)
    with pytest.raises(ProblemError, match=r"a.jsonl line 2: seen"):
        list(intake.watch(rows("db" + "." * 1000)))
    assert intake.rows == 2


def test_all_bad_rows_pass_when_allowed() -> None:
    assert len(list(Intake(max_bad_share=1.0).watch(rows("b" * 500)))) == 500
