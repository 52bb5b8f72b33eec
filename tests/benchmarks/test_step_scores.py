"""The benchmark of published step scores on a pool of two problems: joined, built, compared."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.step_scores import POOL, SCORES, at_equal_shares, best_of, joined
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.session import run_build
from tests.flows.arrange import write_jsonl

MODELS = ("qwen_prm", "skywork_prm", "math_shepherd", "rlhflow_prm")


def zipped(path: Path, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()))


def a_pool(folder: Path) -> None:
    """Of each problem the first of two candidates is right; the models like it less at its end."""
    candidates = [{"i": 0, "correct": False}, {"i": 1, "correct": False}]
    pool = [
        {"id": f"p{n}", "question": f"Q{n}?", "gold": "7", "candidates": candidates} for n in (0, 1)
    ]
    scores = [
        {"id": f"p{n}", "i": i, "steps": [f"For {n}: 3 + 4 = {7 + i}.", f"It is {7 + i}."]}
        | {name: [0.9, 0.25] if i == 0 else [0.1, 0.75] for name in MODELS}
        for n in (0, 1)
        for i in (0, 1)
    ]
    zipped(folder / POOL, pool)
    zipped(folder / SCORES, scores)


def test_scores_are_joined_to_their_problems_and_outcomes(tmp_path):
    a_pool(tmp_path)
    rows = joined(tmp_path)
    assert [(row["id"], row["question"], row["correct"]) for row in rows[1:3]] == [
        ("p0-1", "Q0?", False),
        ("p1-0", "Q1?", False),
    ]
    assert [row["id"] for row in joined(tmp_path, problems=1)] == ["p0-0", "p0-1"]


@pytest.mark.usefixtures("prefect_server")
def test_the_solution_that_is_liked_best_is_right_or_not(tmp_path):
    a_pool(tmp_path)
    rows = joined(tmp_path)
    path = write_jsonl(tmp_path / "solutions.jsonl", rows)
    recipe, base = load_recipe("prm-scores", {"solutions.path": str(path)})
    run_build(recipe, Runtime(out=tmp_path, base=base), Console(file=io.StringIO()))
    found = best_of(tmp_path / recipe.name, recipe, rows)
    figures = [found[each] for each in ("right", "right_by_last_number", "any_right")]
    assert figures == [0.5, 0.0, 1.0]
    assert found["qwen-prm"]["least"]["best_of"][0] == 1.0
    assert found["qwen-prm"]["last"]["best_of"][0] == 0.0
    assert found["sums"]["least"]["best_of"][0] == 1.0
    assert found["sums"]["last"]["best_of"][0] == 0.5  # alike: one of two is right
    equal = at_equal_shares(tmp_path / recipe.name, recipe)
    assert len(equal) == 6
    assert set(equal.values()) == {1.0}
