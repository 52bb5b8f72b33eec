"""Tokens and steps: a token counts for the step that its first character stands in."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from stepmark.tokens import by_step, token_starts
from tests.fakes.factories import a_solution


def test_tokens_that_join_to_the_text_start_one_after_the_other():
    assert token_starts(["Step", " 1", ".\n", "So"], "Step 1.\nSo") == (0, 4, 6, 8)


def test_half_a_character_starts_where_the_whole_one_stands():
    assert token_starts(["a", "\ufffd", "\ufffd", "b"], "a½b") == (0, 1, 1, 2)


def test_a_special_token_that_the_text_leaves_out_moves_nothing():
    assert token_starts(["a", "<|tool|>", "b", "c", "<|end|>"], "abc") == (0, 1, 1, 2, 3)


def test_a_token_cut_at_a_stop_text_starts_where_its_rest_stands():
    assert token_starts(["ab", "cd", "ef"], "abc") == (0, 2, 2)


@given(st.lists(st.text(min_size=1, max_size=4).filter(lambda t: "\ufffd" not in t), max_size=9))
def test_the_places_are_exact_wherever_tokens_join_to_the_text(tokens):
    starts = [0, *accumulate(map(len, tokens))][:-1]
    assert list(token_starts(tokens, "".join(tokens))) == starts


@given(st.lists(st.text(max_size=4), max_size=9), st.text(max_size=12))
def test_places_never_fall_and_stay_in_the_text(tokens, text):
    starts = token_starts(tokens, text)
    assert list(starts) == sorted(starts)
    assert all(0 <= start <= len(text) for start in starts)


def test_a_token_that_a_steps_end_runs_through_counts_for_the_step_before_it():
    solution = a_solution(["One.\n", "Two."])
    assert by_step((-1.0, -2.0, -3.0), (0, 4, 7), solution) == ((-1.0, -2.0), (-3.0,))


def test_lead_tail_and_the_mark_after_the_text_belong_to_no_step():
    solution = a_solution(["One.", "Two."], lead="<think>", tail="Bye")
    starts = (-2, 0, 7, 10, 11, 15, 18)
    values = tuple(float(-i) for i in range(7))
    assert by_step(values, starts, solution) == ((-2.0, -3.0), (-4.0,))


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=6))
def test_every_token_of_the_steps_counts_once(steps):
    solution = a_solution(steps)
    starts = tuple(range(len("".join(steps))))
    values = tuple(float(start) for start in starts)
    cut = by_step(values, starts, solution)
    assert tuple(value for step in cut for value in step) == values
    assert [len(step) for step in cut] == [len(step) for step in steps]
