"""Codes of stored verdicts and reasons."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.errors import StorageError
from stepmark.labels import REASONS, VERDICTS, codes_of, verdicts_of


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
