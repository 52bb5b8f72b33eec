"""GroundedPRM's fusion: the paper's formula along a solution, its signs and its cleaning."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.grounded import Grounded
from stepmark.labels import CONTRADICTED, NONE, UNKNOWN_OUTCOME, VERDICTS

GROUNDED = Grounded(method="groundedprm")
CODES = {"C": 1, "I": 2, "?": 0}


def fuse(*found: str, outcomes: tuple[int, ...]) -> tuple[list[str], list[int]]:
    """Return the letters of the labels of each solution, and the reasons of solutions."""
    codes = np.array([CODES[letter] for letters in found for letter in letters], dtype=np.int8)
    offsets = np.cumsum([0, *map(len, found)])
    labels, reasons = GROUNDED.fuse(codes, np.array(outcomes), offsets)
    letters = "".join(next(c for c in "CI?" if CODES[c] == code) for code in labels.verdicts)
    return [letters[a:b] for a, b in itertools.pairwise(offsets)], list(reasons)


def test_the_formula_of_the_paper():
    """Two steps, v = (1, −1), F = −1: V1 = −1 − 1, V0 = 1/2·1 − 1/2·1/2 − 1/2."""
    summed = GROUNDED._summed(np.array([1.0, -1.0]), -1.0)
    assert summed[1] == pytest.approx(-2)
    assert summed[0] == pytest.approx(0.5 - 0.25 - 0.5 + 0.9 * -2)


def test_values_are_the_sum_scaled_so_that_a_half_is_zero():
    assert GROUNDED.values(np.array([1.0, 1.0]), 1.0) == pytest.approx([1, 1])
    assert GROUNDED.values(np.array([-1.0, -1.0]), -1.0) == pytest.approx([0, 0])
    assert GROUNDED.values(np.array([0.0]), 0.0) == pytest.approx([0.5])


@given(
    st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=9), st.sampled_from([-1, 1])
)
def test_another_outcome_mirrors_the_values(signs, outcome):
    values = GROUNDED.values(np.array(signs), float(outcome))
    assert ((values >= 0) & (values <= 1)).all()
    assert GROUNDED.values(-np.array(signs), -float(outcome)) == pytest.approx(1 - values)


def test_a_tool_that_agrees_with_the_outcome_labels_every_step():
    assert fuse("C?C", "?I?", outcomes=(1, -1)) == (["CCC", "III"], [NONE, NONE])


def test_a_solution_in_which_tool_and_sign_differ_is_left_out():
    _, reasons = fuse("CCI", "CCC", outcomes=(-1, 1))
    assert reasons == [CONTRADICTED, NONE]


def test_an_unknown_outcome_labels_nothing():
    _, reasons = fuse("CCC", outcomes=(0,))
    assert reasons == [UNKNOWN_OUTCOME]


def test_steps_are_withheld_from_the_first_sound_one_after_the_error():
    labels, _ = fuse("ICC", outcomes=(-1,))
    assert labels == ["I??"]


def test_verdict_codes_are_those_of_the_labels():
    assert [VERDICTS[CODES[letter]] for letter in "CI?"] == ["correct", "incorrect", "unlabelled"]


@pytest.mark.parametrize("decay", [0, 1.1, -1])
def test_a_decay_outside_its_range_is_refused(decay):
    with pytest.raises(ValueError, match="decay must be in"):
        Grounded(method="groundedprm", decay=decay)
