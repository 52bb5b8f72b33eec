"""Game24's truth: what can still reach 24, by exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import pytest

from benchmarks.game24 import Move, endings, first_error, reachable, read_moves


def numbers(*held: int) -> tuple[Fraction, ...]:
    return tuple(sorted(Fraction(n) for n in held))


@pytest.mark.parametrize(
    ("held", "expected"),
    [((4, 6), True), ((3, 3, 8, 8), True), ((1, 1, 1, 1), False), ((24,), True), ((23,), False)],
)
def test_whether_24_can_be_reached(held, expected):
    """8 / (3 − 8 / 3) needs exact fractions."""
    assert reachable(numbers(*held)) is expected


def read(text: str) -> list[Move]:
    return read_moves(numbers(4, 5, 6, 10), "Steps:\n" + text)


def test_a_right_attempt_has_no_error():
    moves = read("10 - 6 = 4 (left: 4 4 5)\n4 * 5 = 20 (left: 4 20)\n20 + 4 = 24 (left: 24)")
    assert first_error(moves) is None


def test_the_first_error_is_the_move_that_puts_24_out_of_reach():
    moves = read("10 - 6 = 4 (left: 4 4 5)\n4 * 4 = 16 (left: 5 16)\n16 + 5 = 21 (left: 21)")
    assert all(move.legal for move in moves)
    assert first_error(moves) == 1


@pytest.mark.parametrize(
    "line",
    [
        "10 - 6 = 5 (left: 4 5 5)",  # a wrong result
        "10 - 3 = 7 (left: 4 5 7)",  # a number that is not there
        "10 - 6 = 4 (left: 4 5 6)",  # what is left is not
    ],
)
def test_a_move_that_is_not_legal_is_an_error(line):
    assert first_error(read(line)) == 0


def test_an_attempt_with_a_line_that_is_no_move_is_left_out():
    assert read("10 - 6 = 4 (left: 4 4 5)\nHm, let me think.") == []


def test_the_answer_ends_the_moves():
    assert len(read("10 - 6 = 4 (left: 4 4 5)\nAnswer: none\nmore")) == 1


def test_the_policys_endings_are_a_distribution_and_favour_what_it_is_skilled_at():
    ends = endings(numbers(4, 4, 5))
    assert sum(ends.values()) == pytest.approx(1)
    assert ends[Fraction(24)] == max(ends.values())
