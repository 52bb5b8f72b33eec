"""Near-duplicates of solutions: what is compared with what, and the law of who stays."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.alike import jaccard, repeats
from filters.near_duplicates import NearDuplicates
from filters.shingles import runs, word_hashes
from tests.fakes.filterable import table, why
from tests.fakes.labelled import a_row

FILTER = NearDuplicates(method="near_duplicates")
TEXT = tuple(f"Step {n}: the price of {n} apples is {n * 3} dollars.\n" for n in range(9))
TYPESET = tuple(step.upper().replace("\n", "\n\n") for step in TEXT)
OTHER = tuple(
    f"Then we have {n * 7} left after lunch, which makes {n + 2} each.\n" for n in range(9)
)


def test_of_solutions_that_are_alike_the_first_stays():
    rows = table(*(a_row("C" * 9, steps) for steps in (TEXT, OTHER, TYPESET, TEXT)))
    assert why(FILTER, rows) == [None, None, "near_duplicate", "near_duplicate"]


def test_a_changed_step_of_many_is_alike_and_half_of_them_is_not():
    changed = (*TEXT[:8], "Step 8: I do not know.\n")
    half = (*TEXT[:4], *OTHER[4:])
    rows = table(*(a_row("C" * 9, steps) for steps in (TEXT, changed, half)))
    assert why(FILTER, rows) == [None, "near_duplicate", None]


@pytest.mark.parametrize("difference", [{"problem_id": "pb_2"}, {"outcome": "incorrect"}])
def test_solutions_of_other_problems_and_outcomes_are_not_compared(difference):
    rows = table(a_row("C" * 9, TEXT), a_row("C" * 9, TEXT, **difference))
    assert why(FILTER, rows) == [None, None]


def test_no_rows_give_no_reasons():
    assert why(FILTER, table()) == []


@pytest.mark.parametrize("changes", [{"similarity": 0}, {"similarity": 1.1}, {"run": 0}])
def test_settings_that_compare_nothing_are_refused(changes):
    with pytest.raises(ValueError, match="similarity must be"):
        NearDuplicates(method="near_duplicates", **changes)


few_words = st.lists(st.sampled_from("abcdefgh"), max_size=12).map(" ".join)


@settings(max_examples=50)
@given(st.lists(few_words, max_size=8), st.integers(1, 3))
def test_whoever_goes_is_like_one_that_stays_and_those_that_stay_are_unlike(texts, run):
    like = repeats(texts, np.zeros(len(texts), dtype=np.int64), similarity=0.8, run=run)
    sets = [frozenset(runs(word_hashes(text), run).tolist()) for text in texts]
    for at, original in enumerate(like.tolist()):
        if original >= 0:
            assert like[original] < 0
            assert original < at
            assert jaccard(sets[at], sets[original]) >= 0.8
    kept = np.flatnonzero(like < 0)
    assert all(jaccard(sets[a], sets[b]) < 0.8 for a, b in itertools.combinations(kept, 2))
