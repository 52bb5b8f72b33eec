"""Verifiers through the real flow: solutions that exist, no model, and labels with evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.plan import plan
from flows.recipe_file import load_recipe, parse_recipe
from flows.runtime import Runtime
from flows.show import find_solution, solutions
from flows.trace import trace
from flows.why import why
from stepmark.errors import RecipeError
from stepmark.records import Finding
from storage.rows import LabelledSolution
from storage.shards import read_shard
from tests.flows.arrange import build, files_of, recipe_text, write_jsonl

pytestmark = pytest.mark.usefixtures("prefect_server")

STEPS = [
    "Tom has 3 + 4 = 7 apples.",
    "Ann has twice as many, so 7 * 2 = 15.",
    "So they are rich.",
    "Together 7 + 15 = 22.",
]
RECIPE = {
    "name": "checked",
    "solutions": {"path": "given.jsonl", "statement": "question", "steps": "steps"},
    "segment": {"method": "step_markers"},
    "annotators": {"sums": {"method": "verifier", "verifier": {"method": "equations"}}},
    "labels": {"from": "sums"},
}


def arrange(folder: Path, **changes: Any) -> Path:
    rows = [
        {"question": "How many apples?", "steps": STEPS},
        {"question": "Why?", "steps": ["Because.", "It is so."]},
    ]
    write_jsonl(folder / "given.jsonl", rows)
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(RECIPE | changes), encoding="utf-8")
    return path


def built(folder: Path) -> tuple[LabelledSolution, ...]:
    build(arrange(folder), folder / "out")
    return tuple(solutions(folder / "out" / "checked"))


def test_given_solutions_are_labelled_without_any_model(tmp_path):
    (row,) = built(tmp_path)
    assert row.verdicts == ("correct", "incorrect", "unlabelled", "correct")
    assert row.values == (1, 0, None, 1)
    assert (row.first_error, row.bracketed, row.semantics) == (1, False, "local")
    assert (row.rollouts, row.completion_tokens) == (0, 0)


def test_what_was_found_is_kept_step_by_step(tmp_path):
    built(tmp_path)
    findings = read_shard(tmp_path / "out/checked/findings/sums/00000.parquet", Finding)
    assert [finding.step for finding in findings] == [0, 1, 2, 3, 0, 1]
    assert findings[1].evidence == "7 * 2 = 15"
    assert findings[2].reason == "nothing_to_check"


def test_a_solution_that_says_nothing_checkable_is_dropped_with_its_reason(tmp_path):
    manifest = build(arrange(tmp_path), tmp_path / "out")
    assert manifest.counts["dropped"] == {"all_unlabelled": 1}
    assert manifest.counts["verdicts"]["sums"] == {
        "correct": 2,
        "incorrect": 1,
        "unlabelled: nothing_to_check": 3,
    }


def test_why_shows_the_equation_behind_a_label(tmp_path):
    (row,) = built(tmp_path)
    root = tmp_path / "out" / "checked"
    traced = trace(root, find_solution(root, row.id), root.parent / "ledger")
    shown = [str(part) for part in _texts(why(traced, None, full=False))]
    assert "✗ 1  incorrect" in shown
    assert "7 * 2 = 15" in shown
    assert "? 2  unlabelled (nothing_to_check)" in shown


def _texts(group: Any) -> list[Any]:
    return [getattr(part, "renderable", part) for part in group.renderables]


def test_the_plan_of_a_verifier_costs_no_request(tmp_path):
    recipe, base = load_recipe(str(arrange(tmp_path)))
    table, _ = plan(recipe, Runtime(out=tmp_path / "out", base=base))
    assert list(table.columns[1].cells) == ["0", "0"]


def test_a_build_again_gives_the_same_bytes(tmp_path):
    path = arrange(tmp_path)
    build(path, tmp_path / "out")
    before = files_of(tmp_path / "out" / "checked")
    build(path, tmp_path / "out", replace=True)
    assert files_of(tmp_path / "out" / "checked") == before


def test_problems_need_somebody_who_solves_them():
    plain = json.loads(recipe_text(annotators=RECIPE["annotators"], labels={"from": "sums"}))
    del plain["solve"]
    with pytest.raises(RecipeError, match=r"solve\.policy names nobody"):
        parse_recipe(plain, "a test")
