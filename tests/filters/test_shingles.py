"""Words and runs: the same text in other type is the same; another text is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.shingles import runs, word_hashes, words

texts = st.text(st.characters(codec="utf-8"), max_size=40)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Janet's 16 eggs.", "JANET’S  16\neggs"),
        ("x² + 1", "x2 + 1"),
        (r"\(\frac{1}{2}\)", r"$\frac12$".replace("12", "{1}{2}")),
    ],
)
def test_typesetting_is_left_out(one, other):
    assert words(one) == words(other)


def test_signs_of_arithmetic_are_words():
    assert words("1+2 = 3") == ["1", "+", "2", "=", "3"]
    assert words("1-2 = 3") != words("1+2 = 3")


@pytest.mark.parametrize(
    ("count", "size", "expected"), [(7, 5, 3), (5, 5, 1), (3, 5, 1), (0, 5, 1)]
)
def test_a_text_has_as_many_runs_as_fit_and_at_least_one(count, size, expected):
    assert len(runs(list(range(count)), size)) == expected


def test_runs_depend_on_the_order_of_words_and_on_their_number():
    numbers = [runs(each, 3)[0] for each in ([1, 2, 3], [3, 2, 1], [1, 2], [0, 1, 2])]
    assert len(set(numbers)) == 4


@given(texts, texts)
def test_texts_with_the_same_words_have_the_same_runs_and_only_these(one, other):
    same = words(one) == words(other)
    assert (runs(word_hashes(one), 100).tolist() == runs(word_hashes(other), 100).tolist()) == same
