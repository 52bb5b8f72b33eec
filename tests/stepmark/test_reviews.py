"""A file of reviews: what stands in it, what is refused, and that a line is never lost."""

from __future__ import annotations

import json
import resource
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.errors import ReviewError
from stepmark.records import Review
from stepmark.reviews import add, misfit, parse_reviews, read_reviews, steps_id, withdraw
from tests.fakes.factories import a_review, a_solution

SOLUTION = a_solution(3)
LINE = {"solution_id": "so_1", "reviewer": "ann", "says": "incorrect", "first_error": 1}


def parsed(*lines: object) -> list[Review]:
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    return [entry.review for entry in parse_reviews(content, "r.jsonl")]


def test_what_was_added_is_read_back(tmp_path):
    reviews = [a_review(SOLUTION, 1, note="a “note”\n"), a_review(SOLUTION, reason="too hard")]
    add(tmp_path / "new" / "r.jsonl", reviews[:1])
    add(tmp_path / "new" / "r.jsonl", [a_review(SOLUTION, 2, reviewer="bob")])
    read = [entry.review for entry in read_reviews(tmp_path / "new" / "r.jsonl")]
    assert read == [reviews[0], a_review(SOLUTION, 2, reviewer="bob")]


def test_half_a_character_is_written_out_and_loses_no_review(tmp_path):
    add(
        tmp_path / "r", [a_review(SOLUTION, 1, note="\ud83d!"), a_review(SOLUTION, 1, reviewer="b")]
    )
    read = [entry.review for entry in read_reviews(tmp_path / "r")]
    assert [(each.reviewer, each.note) for each in read] == [("ann", "\\ud83d!"), ("b", "")]
    read[0].note.encode()


def test_what_a_person_says_last_of_a_solution_stands(tmp_path):
    add(tmp_path / "r", [a_review(SOLUTION, 1), a_review(SOLUTION, 2, reviewer="bob")])
    add(tmp_path / "r", [a_review(SOLUTION, 0)])
    said = [(e.line, e.review.reviewer, e.review.first_error) for e in read_reviews(tmp_path / "r")]
    assert said == [(2, "bob", 2), (3, "ann", 0)]


def test_what_is_withdrawn_does_not_stand_and_stays_in_the_file(tmp_path):
    add(tmp_path / "r", [a_review(SOLUTION, 1, note="hm")])
    withdraw(tmp_path / "r", a_review(SOLUTION, 1))
    assert read_reviews(tmp_path / "r") == ()
    assert len((tmp_path / "r").read_text().splitlines()) == 2


def test_reviews_of_two_cuts_of_a_text_stand_beside_each_other(tmp_path):
    here, there = a_review(SOLUTION, 1), a_review(SOLUTION, 0, steps="st_other")
    add(tmp_path / "r", [here, there])
    assert [entry.review for entry in read_reviews(tmp_path / "r")] == [here, there]
    withdraw(tmp_path / "r", there)
    assert [entry.review for entry in read_reviews(tmp_path / "r")] == [here]


def test_what_is_withdrawn_without_steps_is_withdrawn_of_every_cut(tmp_path):
    add(tmp_path / "r", [a_review(SOLUTION, 1), a_review(SOLUTION, 0, steps=None)])
    withdraw(tmp_path / "r", a_review(SOLUTION, 1, steps=None))
    assert read_reviews(tmp_path / "r") == ()


def test_a_line_written_by_hand_needs_only_who_which_and_what():
    (review,) = parsed(LINE)
    assert (review.first_error, review.steps, review.note) == (1, None, "")


def test_a_line_after_one_without_its_break_is_a_line_of_its_own(tmp_path):
    (tmp_path / "r").write_text(json.dumps(LINE))
    add(tmp_path / "r", [a_review(SOLUTION, 1)])
    assert len(read_reviews(tmp_path / "r")) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (LINE | {"says": "wrong"}, "`says` is 'wrong'"),
        (LINE | {"first_error": None}, "says incorrect with first_error None"),
        (LINE | {"first_error": -1}, "first_error -1"),
        (LINE | {"first_error": True}, "first_error True"),
        (LINE | {"first_error": "1"}, "first_error '1'"),
        (LINE | {"says": "correct"}, "says correct with first_error 1"),
        (LINE | {"says": "unknown", "first_error": None}, "with the reason None"),
        (LINE | {"reason": "tired"}, "says incorrect with the reason 'tired'"),
        (LINE | {"step": 1}, r"the keys \['step'\]"),
        (LINE | {"reviewer": ""}, "does not say who"),
        (LINE | {"note": 3}, "note is 3"),
        ([], "no JSON object"),
    ],
)
def test_a_line_that_is_no_review_is_refused_with_its_number(line, message):
    with pytest.raises(ReviewError, match=r"r\.jsonl, line 2: .*" + message):
        parsed(LINE, line)


@pytest.mark.parametrize("content", [b'{"solution_id": "so', b"\xff\n", b"[" * 100_000])
def test_a_torn_or_binary_line_is_refused(content):
    with pytest.raises(ReviewError, match="line 1"):
        parse_reviews(content, "r.jsonl")


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ReviewError, match="cannot be read: No such file"):
        read_reviews(tmp_path / "r.jsonl")


def test_a_place_that_cannot_be_written_is_said_so(tmp_path):
    (tmp_path / "r.jsonl").mkdir()
    with pytest.raises(ReviewError, match="cannot be written"):
        add(tmp_path / "r.jsonl", [a_review(SOLUTION, 1)])


def test_a_review_of_which_the_disk_takes_a_part_is_not_kept_and_spoils_nothing(tmp_path):
    path = tmp_path / "r.jsonl"
    add(path, [a_review(SOLUTION, 1)])
    before = path.read_bytes()
    with limited_to(len(before) + 30), pytest.raises(ReviewError, match="not kept"):
        add(path, [a_review(SOLUTION, 2)])
    assert path.read_bytes() == before


@contextmanager
def limited_to(size):
    """Let no file grow beyond a size: like a disk that fills up in the middle of a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("review", "steps", "why"),
    [
        (a_review(SOLUTION, 2), SOLUTION.steps, None),
        (a_review(SOLUTION, 2), None, "not_in_build"),
        (a_review(SOLUTION, 2), ("".join(SOLUTION.steps),), "other_steps"),
        (a_review(SOLUTION, 2, steps=None), SOLUTION.steps, None),
        (a_review(SOLUTION, 3, steps=None), SOLUTION.steps, "beyond_steps"),
    ],
)
def test_a_review_fits_only_the_steps_that_were_seen(review, steps, why):
    assert misfit(review, steps) == why


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4), st.data())
def test_another_cut_of_a_text_is_known_apart(steps, data):
    at = data.draw(st.integers(0, len(steps) - 1))
    joined = [*steps[:at], "".join(steps[at : at + 2]), *steps[at + 2 :]]
    assert (steps_id(joined) == steps_id(steps)) == (joined == steps)
