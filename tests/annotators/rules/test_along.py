"""Looking along solutions: by hand, and against the plain loop."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotators.rules.along import NEVER, before, from_first, root_of, steps_until, to_last
from tests.fakes.counts import Rooted, rooted, rooted_tables

TABLE: list[Rooted] = [
    ((7, 1, 0), [(1, 0, 0), (2, 0, 0), (3, 0, 0)]),
    ((8, 0, 0), []),
    ((9, 0, 0), [(4, 0, 0)]),
    ((6, 0, 0), []),
]
FLAGS = np.array([False, True, True, False])


def test_before_a_first_step_stands_the_bare_problem():
    assert before(rooted(TABLE)).correct.tolist() == [7, 1, 2, 9]
    assert before(rooted(TABLE)).incorrect.tolist() == [1, 0, 0, 0]


def test_every_step_sees_its_own_bare_problem():
    assert root_of(rooted(TABLE)).correct.tolist() == [7, 7, 7, 9]


def test_first_and_last_flags_reach_to_the_ends_of_their_own_solution():
    counts = rooted(TABLE)
    assert from_first(counts, FLAGS).tolist() == [False, True, True, False]
    assert to_last(counts, FLAGS).tolist() == [True, True, True, False]


def test_steps_until_the_first_flag_are_negative_after_it():
    assert steps_until(rooted(TABLE), FLAGS).tolist()[:3] == [1, 0, -1]


def test_where_there_is_no_flag_it_is_further_than_any_tolerance():
    assert steps_until(rooted(TABLE), FLAGS)[3] == NEVER


@given(rooted_tables, st.data())
def test_the_vectorised_form_equals_a_loop(table, data):
    counts = rooted(table)
    steps = int(counts.offsets[-1])
    flags = np.array(data.draw(st.lists(st.booleans(), min_size=steps, max_size=steps)), bool)
    after, up_to = [], []
    for start, end in zip(counts.offsets, counts.offsets[1:], strict=False):
        own = flags[start:end].tolist()
        after += [any(own[: i + 1]) for i in range(len(own))]
        up_to += [any(own[i:]) for i in range(len(own))]
    assert from_first(counts, flags).tolist() == after
    assert to_last(counts, flags).tolist() == up_to
