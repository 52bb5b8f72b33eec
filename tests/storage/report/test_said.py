"""What annotators say, as arrays over all shards."""

from __future__ import annotations

import numpy as np
import pytest

from storage.report.said import Said, read_said
from tests.fakes.builds import a_build, says
from tests.fakes.factories import a_solution


def solutions(*lengths: int):
    return [a_solution(n, id=f"so_{i}") for i, n in enumerate(lengths)]


@pytest.fixture(params=[1, 2, 3])
def said(request, tmp_path) -> Said:
    """The same in one, two and three shards."""
    found = solutions(3, 2, 1)
    letters = ("CI?", "NC", "?")
    labels = [says(s, each) for s, each in zip(found, letters, strict=True)]
    manifest = a_build(tmp_path, found, {"mc": labels}, shards=request.param)
    return read_said(tmp_path, "mc", [ref.path for ref in manifest.shards["annotations/mc"]])


def test_steps_of_all_shards_stand_in_a_row(said):
    assert said.solutions.to_pylist() == ["so_0", "so_1", "so_2"]
    assert said.offsets.tolist() == [0, 3, 5, 6]
    assert said.verdicts.tolist() == [1, 2, 0, 3, 1, 0]
    assert np.isnan(said.values).tolist() == [False, False, True, True, False, True]


def test_a_solution_without_an_error_has_none_and_of_one_without_labels_none_is_named(said):
    assert said.first_error.tolist() == [1, 2, 1]
    assert said.has_error.tolist() == [True, False, False]
    assert said.named.tolist() == [True, True, False]
    assert said.sound.tolist() == [1, 2, 0]


def test_some_solutions_are_taken_in_another_order(said):
    taken = said.take(np.array([2, 0]))
    assert taken.solutions.to_pylist() == ["so_2", "so_0"]
    assert taken.offsets.tolist() == [0, 1, 4]
    assert taken.verdicts.tolist() == [0, 1, 2, 0]


def test_values_that_repeat_verdicts_are_not_graded(said, tmp_path):
    assert not said.is_graded
    found = solutions(2)
    a_build(tmp_path / "soft", found, {"mc": [says(found[0], "CC", (0.5, 1))]})
    soft = read_said(tmp_path / "soft", "mc", ["annotations/mc/00000.parquet"])
    assert soft.is_graded


def test_no_shard_at_all_says_nothing(tmp_path):
    assert len(read_said(tmp_path, "mc", []).solutions) == 0
    assert read_said(tmp_path, "mc", []).first_error.tolist() == []
