"""Codes of stored verdicts and reasons."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.errors import StorageError
from stepmark.labels import (
    CORRECT,
    INCORRECT,
    REASONS,
    UNLABELLED,
    VERDICTS,
    codes_of,
    names_first_error,
    sound_steps,
    verdicts_of,
)
from stepmark.metrics.first_errors import SILENT, first_named


@given(st.lists(st.sampled_from(VERDICTS)))
def test_codes_stand_for_the_verdicts_they_came_from(verdicts):
    codes = codes_of(pa.array(verdicts, pa.string()), VERDICTS)
    assert verdicts_of(codes).to_pylist() == verdicts


def test_no_reason_has_a_code_too():
    assert codes_of(pa.array([None, "tied"], pa.string()), REASONS).tolist() == [
        0,
        REASONS.index("tied"),
    ]


def test_a_text_that_nobody_knows_is_refused():
    with pytest.raises(StorageError, match="says 'tired', which is none of unlabelled, correct"):
        codes_of(pa.chunked_array([["correct"], ["tired"]]), VERDICTS)


@given(st.lists(st.sampled_from((UNLABELLED, CORRECT, INCORRECT)), min_size=1, max_size=6))
def test_a_first_error_is_named_where_no_open_step_could_change_it(verdicts):
    codes, offsets = np.array(verdicts, dtype=np.int8), np.array([0, len(verdicts)])
    may_be = [(CORRECT, INCORRECT) if code == UNLABELLED else (code,) for code in verdicts]
    errors = {(*each, INCORRECT).index(INCORRECT) for each in itertools.product(*may_be)}
    assert names_first_error(codes, offsets).tolist() == [len(errors) == 1]
    assert sound_steps(codes, offsets).tolist() == [min(errors)]
    named = first_named([VERDICTS[code] for code in verdicts])
    assert (named != SILENT) == (len(errors) == 1)


def test_of_a_solution_without_a_step_nothing_is_named():
    none = np.zeros(0, dtype=np.int8), np.array([0, 0])
    assert names_first_error(*none).tolist() == [False]
