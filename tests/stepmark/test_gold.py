"""Gold files: both layouts give the same record; ProcessBench's F1 is what its paper defines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stepmark.errors import ProblemError
from stepmark.gold import Gold, Named, process_bench, read_gold

STEPS = ["First.", "Second.", "Third."]


def a_file(folder: Path, *rows: dict[str, Any], name: str = "gold.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_both_layouts_count_from_0_and_say_none_by_minus_one(tmp_path):
    bench = {"id": "gsm8k-0", "problem": "P", "steps": STEPS, "final_answer_correct": False}
    human = {"id": "val-0", "problem": "P", "steps": STEPS, "ratings": [1, 1, -1]}
    path = a_file(tmp_path, bench | {"label": 1}, bench | {"label": -1}, human | {"first_error": 2})
    first, second, third = read_gold(path)
    assert first == Gold(id="gsm8k-0", problem="P", steps=tuple(STEPS), first_error=1)
    assert (second.first_error, third.first_error) == (None, 2)


def test_an_array_is_read_too(tmp_path):
    path = tmp_path / "gold.json"
    path.write_text(json.dumps([{"problem": "P", "steps": STEPS, "label": 0}]))
    assert read_gold(path)[0].first_error == 0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"problem": "P", "steps": STEPS}, r"row 1: it has the columns \['problem', 'steps'\]"),
        ({"problem": "P", "steps": STEPS, "label": 3}, "label is 3, which is neither"),
        ({"problem": "P", "steps": STEPS, "first_error": None}, "first_error is None"),
        ({"problem": "P", "label": 0}, "label is 0"),
    ],
)
def test_a_row_of_neither_layout_is_refused(tmp_path, row, message):
    with pytest.raises(ProblemError, match=message):
        read_gold(a_file(tmp_path, row))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ProblemError, match=r"nothing\.json: cannot be read"):
        read_gold(tmp_path / "nothing.json")


def test_the_score_is_the_harmonic_mean_of_both_accuracies():
    named: list[Named] = [1, 0, None, "unreadable", None, None, 2, None]
    score = process_bench([1, 1, 1, 1, None, None, None, None], named)
    assert (score.wrong, score.right) == (0.25, 0.75)
    assert score.f1 == pytest.approx(2 * 0.25 * 0.75)


def test_naming_nothing_is_never_right():
    score = process_bench([0, None], ["unreadable", "unreadable"])
    assert (score.wrong, score.right, score.f1) == (0.0, 0.0, 0.0)
