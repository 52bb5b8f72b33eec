import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.logic.entailment import Entailment, decide
from stepmark.logic.ordering import Row, find_row
from stepmark.logic.syntax import parse
from stepmark.logic.unreadable import UnreadableError

ROW = Row(things=("red book", "gray book", "white book"))


def test_the_first_sentence_names_the_things():
    row = find_row("On a shelf, there are three books: a red book, a gray book, and a white book.")
    assert row == ROW


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("The red book is to the left of the gray book.", "red_book < gray_book"),
        ("The red book is newer than the gray book.", "gray_book < red_book"),
        ("The red book is less expensive than the gray book.", "red_book < gray_book"),
        ("The red book is the leftmost.", "red_book = 1"),
        ("The red book is the newest.", "red_book = 3"),
        ("The red book is the second from the right.", "red_book = 2"),
        ("The red book is the third-most expensive.", "red_book = 1"),
        ("Red book finished last.", "red_book = 3"),
        ("Red book finished third-to-last.", "red_book = 1"),
        ("The red book cannot be the leftmost.", "¬ red_book = 1"),
        ("The red book can not be the leftmost.", "¬ red_book = 1"),
        ("The red book must not be the leftmost.", "¬ red_book = 1"),
        ("The red book must be the oldest.", "red_book = 1"),
        (
            "From left to right: first is the red book, then second and third can be any book.",
            "red_book = 1",
        ),
        (
            "from newest to oldest: first is red book or gray book, then third must be white book",
            "(red_book = 3 ∨ gray_book = 3) ∧ white_book = 1",
        ),
        ("From left to right: first is a red book, then second can be a book.", "red_book = 1"),
    ],
)
def test_sentences_are_places(sentence: str, meaning: str):
    assert ROW.read(sentence) == parse(meaning)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("The green book is the leftmost.", "unclear_name"),
        ("The red book is old.", "not_controlled"),
        ("From left to right: second or third is the red book.", "not_controlled"),
        ("From left to right: first can be any book.", "says_nothing"),
        ("The red book can be the leftmost.", "not_controlled"),
        ("From left to right: first can be the red book.", "only_possible"),
        ("From left to right: first can be a red book.", "only_possible"),
        ("From left to right: first can be the red book or the gray book.", "only_possible"),
        ("x" * 2000, "too_long"),
    ],
)
def test_other_sentences_are_refused_with_their_reason(sentence: str, reason: str):
    with pytest.raises(UnreadableError) as refused:
        ROW.read(sentence)
    assert refused.value.reason == reason


@pytest.mark.parametrize("text", ["", "No things here.", "A shelf: a book.", "A: a, b, a."])
def test_a_text_without_a_list_of_things_has_no_row(text: str):
    with pytest.raises(UnreadableError):
        find_row(text)


def test_every_thing_has_a_place_of_its_own():
    said = (*ROW.rules(), parse("red_book < gray_book"), parse("gray_book < white_book"))
    asked = Entailment(premises=said, conclusion=parse("gray_book = 2"))
    assert decide([asked])[0].verdict == "valid"


WORDS = ["the", "red book", "is", "not", "first", "second", "from left to right:", "then", "or"]


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=40))
def test_no_sentence_raises_anything_else(sentence: str):
    try:
        ROW.read(sentence)
    except UnreadableError as refused:
        assert refused.reason  # noqa: PT017 - most sentences are read only by chance
