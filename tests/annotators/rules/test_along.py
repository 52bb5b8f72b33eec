"""Looking along solutions: by hand, and against the plain loop."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotators.rules.along import NEVER, before, root_of, seen_so_far, steps_until, still_to_come
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


def test_flags_are_counted_within_a_solution():
    counts = rooted(TABLE)
    assert seen_so_far(counts, FLAGS).tolist() == [0, 1, 2, 0]
    assert still_to_come(counts, FLAGS).tolist() == [2, 2, 1, 0]


def test_steps_until_the_first_flag_are_negative_after_it_and_endless_where_there_is_none():
    assert steps_until(rooted(TABLE), FLAGS).tolist() == [1, 0, -1, NEVER]


@given(rooted_tables, st.data())
def test_the_vectorised_form_equals_a_loop(table, data):
    counts = rooted(table)
    steps = int(counts.offsets[-1])
    flags = np.array(data.draw(st.lists(st.booleans(), min_size=steps, max_size=steps)), bool)
    seen, come, until = [], [], []
    for start, end in zip(counts.offsets, counts.offsets[1:], strict=False):
        own = flags[start:end].tolist()
        first = own.index(True) if any(own) else None
        for i in range(len(own)):
            seen.append(sum(own[: i + 1]))
            come.append(sum(own[i:]))
            until.append(NEVER if first is None else first - i)
    assert seen_so_far(counts, flags).tolist() == seen
    assert still_to_come(counts, flags).tolist() == come
    assert steps_until(counts, flags).tolist() == until
