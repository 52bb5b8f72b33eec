"""Files of step scores: found again by text, and no guess where they do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotators.score_file import score_columns, score_file
from stepmark.errors import ProblemError

ROW = {"id": "a", "steps": ["One.", "Two."], "qwen": [0.9, 0.25], "ratings": [1, 0]}


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "scores.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_solution_is_known_by_its_steps_whatever_white_space_is_around_them(tmp_path):
    file = score_file(written(tmp_path, ROW), "qwen")
    assert file.of(("One.\n\n", " Two.")) == ((0.9, 0.25), None)


def test_a_solution_that_is_not_there_has_no_scores(tmp_path):
    file = score_file(written(tmp_path, ROW), "qwen")
    assert file.of(("One.", "Three.")) == ((), "no_scores")


@pytest.mark.parametrize("steps", [("One.Two.",), ("On", "e.Two."), ("One.", "T", "wo.")])
def test_scores_of_other_steps_are_not_put_to_these(tmp_path, steps):
    assert score_file(written(tmp_path, ROW), "qwen").of(steps) == ((), "other_steps")


def test_the_same_steps_with_other_scores_are_unclear(tmp_path):
    twice = [ROW, ROW | {"id": "b"}]
    assert score_file(written(tmp_path, *twice), "qwen").of(ROW["steps"])[1] is None  # type: ignore[arg-type]
    differing = written(tmp_path, *twice, ROW | {"qwen": [0.9, 0.75]})
    assert score_file(differing, "qwen").of(ROW["steps"]) == ((), "unclear")  # type: ignore[arg-type]


def test_one_text_may_stand_there_in_several_cuts(tmp_path):
    others = [{"steps": ["One.Two."], "qwen": [0.5]}, {"steps": ["One. Two."], "qwen": [0.75]}]
    file = score_file(written(tmp_path, ROW, *others), "qwen")
    assert file.of(("One.Two.",)) == ((0.5,), None)
    assert file.of(("One. Two.\n",)) == ((0.75,), None)
    assert file.of(("One.", "Two.")) == ((0.9, 0.25), None)


def test_a_single_step_may_lack_its_score(tmp_path):
    file = score_file(written(tmp_path, ROW | {"qwen": [0.9, None]}), "qwen")
    assert file.of(("One.", "Two.")) == ((0.9, None), None)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW | {"qwen": [0.9]}, "row 1: qwen has 1 scores for 2 steps"),
        (ROW | {"qwen": [0.9, 1.5]}, r"qwen holds Decimal\('1.5'\); a score is a number from 0"),
        (ROW | {"qwen": [0.9, "x"]}, "qwen holds 'x'"),
        (ROW | {"qwen": [0.9, True]}, "qwen holds True"),
        (ROW | {"qwen": None, "sky": [0.5, 0.5]}, r"not a list of numbers; such are \['sky'\]"),
        (ROW | {"steps": "One."}, "steps is 'One.', not a list of texts"),
    ],
)
def test_a_row_that_is_not_as_it_should_be_is_named(tmp_path, row, message):
    with pytest.raises(ProblemError, match=message):
        score_file(written(tmp_path, row), "qwen")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ProblemError, match="cannot be read: No such file"):
        score_file(tmp_path / "none.jsonl", "qwen")


def test_a_file_that_has_changed_is_read_again(tmp_path):
    path = written(tmp_path, ROW)
    assert score_file(path, "qwen").of(("New.",)) == ((), "no_scores")
    path.write_text(json.dumps({"steps": ["New."], "qwen": [0.5]}), encoding="utf-8")
    assert score_file(path, "qwen").of(("New.",)) == ((0.5,), None)


def test_columns_of_scores_are_told_from_others(tmp_path):
    """Whole numbers alone are ratings, and text is no score."""
    row = ROW | {"sky": [0.5, None], "logits": [1.5, 2.5], "short": [0.5], "note": ["a", "b"]}
    assert score_columns(written(tmp_path, row)) == ["qwen", "sky"]
    with pytest.raises(ProblemError, match="no list of `steps`"):
        score_columns(written(tmp_path, {"text": "x"}))
