"""The shipped recipe of published step scores, through the real flow: agreement, nobody asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.check import check
from flows.recipe_file import find_recipe, load_recipe
from flows.runtime import Runtime
from flows.show import find_solution, solutions
from stepmark.errors import ProblemError
from stepmark.records import StepScore
from storage.shards import read_shard
from tests.flows.arrange import build, write_jsonl

pytestmark = pytest.mark.usefixtures("prefect_server")

STEPS = ["Tom has 3 + 4 = 7 apples.", "He gets as many: 7 * 2 = 15.", "So 15."]
MODELS = ("qwen_prm", "skywork_prm", "math_shepherd", "rlhflow_prm")


def a_row(number: int, *scores: list[float]) -> dict[str, Any]:
    steps = [f"Number {number}.", *STEPS]
    given = zip(MODELS, scores, strict=True)
    row = {"id": f"s{number}", "question": f"How many, {number}?", "gold": "14", "steps": steps}
    return row | {name: [0.9, *each] for name, each in given}


HIGH, LOW, LATE = [0.99, 0.75, 0.75], [0.75, 0.25, 0.1], [0.9, 0.8, 0.2]


def arrange(folder: Path) -> Path:
    rows = [a_row(0, HIGH, LOW, LATE, HIGH), a_row(1, LOW, LOW, LATE, HIGH)]
    write_jsonl(folder / "solutions.jsonl", rows)
    path = folder / "recipe.yaml"
    path.write_text(find_recipe("prm-scores").read_text(encoding="utf-8"), encoding="utf-8")
    return path


def test_four_models_and_the_verifier_agree_as_far_as_the_manifest_says(tmp_path):
    manifest = build(arrange(tmp_path), tmp_path / "out")
    agreement = manifest.agreement
    assert agreement is not None
    assert len(agreement["kappa"]) == 10
    assert agreement["first_error"]["qwen-prm ~ skywork-prm"] == {
        "same": 1,
        "qwen-prm earlier": 0,
        "skywork-prm earlier": 1,
        "unknown": 0,
    }
    assert agreement["kappa"]["skywork-prm ~ sums"] == 1.0
    assert manifest.costs["qwen-prm"]["requests"] == 0


def test_labels_carry_the_scores_as_values(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    root = tmp_path / "out" / "prm-scores"
    rows = {row.source_id: row for row in solutions(root)}
    assert rows["s1"].values == (0.9, 0.75, 0.25, 0.1)
    assert rows["s1"].first_error == 2
    assert rows["s0"].first_error is None
    assert find_solution(root, rows["s1"].id).annotator == "qwen-prm"
    kept = read_shard(root / "scores/skywork-prm/00000.parquet", StepScore)
    assert [score.score for score in kept][:4] == [0.9, 0.75, 0.25, 0.1]


def test_another_threshold_is_another_view_of_the_scores_kept(tmp_path):
    path = arrange(tmp_path)
    build(path, tmp_path / "out")
    (tmp_path / "out" / "prm-scores" / "manifest.json").unlink()
    given = tmp_path / "solutions.jsonl"
    low = path.read_text(encoding="utf-8").replace(
        "column: qwen_prm, threshold: 0.5", "column: qwen_prm, threshold: 0.2"
    )
    path.write_text(low, encoding="utf-8")
    manifest = build(path, tmp_path / "out")
    assert manifest.counts["verdicts"]["qwen-prm"] == {"correct": 7, "incorrect": 1}
    assert given.exists()


def test_changed_scores_label_anew(tmp_path):
    path = arrange(tmp_path)
    build(path, tmp_path / "out")
    given = tmp_path / "solutions.jsonl"
    given.write_text(given.read_text(encoding="utf-8").replace("0.75", "0.45"), encoding="utf-8")
    manifest = build(path, tmp_path / "out")
    assert manifest.counts["verdicts"]["qwen-prm"] == {"correct": 3, "incorrect": 5}
    rows = {row.source_id: row for row in solutions(tmp_path / "out" / "prm-scores")}
    assert rows["s1"].values == (0.9, 0.45, 0.25, 0.1)


def test_scores_that_come_later_leave_the_labels_that_are_there_alone(tmp_path):
    path = arrange(tmp_path)
    build(path, tmp_path / "out")
    given, data = tmp_path / "solutions.jsonl", tmp_path / "out" / "prm-scores" / "data"
    before = {shard: shard.read_bytes() for shard in data.iterdir()}
    more = json.dumps(a_row(2, HIGH, LOW, LATE, HIGH)) + "\n"
    given.write_text(given.read_text(encoding="utf-8") + more, encoding="utf-8")
    manifest = build(path, tmp_path / "out")
    assert sum(manifest.counts["verdicts"]["qwen-prm"].values()) == 12
    assert {shard: shard.read_bytes() for shard in before} == before
    assert len(list(data.iterdir())) == 2


def test_scores_that_are_not_there_are_told_before_anything_is_done(tmp_path):
    path = arrange(tmp_path)
    recipe, base = load_recipe(str(path), {"annotators.qwen-prm.column": "qwen"})
    with pytest.raises(ProblemError, match="qwen is None, not a list of numbers; such are"):
        check(recipe, Runtime(out=tmp_path / "out", base=base))
    recipe, base = load_recipe(str(path), {"annotators.qwen-prm.scores": "none.jsonl"})
    with pytest.raises(ProblemError, match="the scores cannot be read"):
        check(recipe, Runtime(out=tmp_path / "out", base=base))


def test_scores_may_stand_in_another_file_than_the_solutions(tmp_path):
    path = arrange(tmp_path)
    others = [{"steps": ["Number 0.", *STEPS], "qwen_prm": [0.1, *HIGH]}]
    write_jsonl(tmp_path / "scores.jsonl", others)
    text = path.read_text(encoding="utf-8").replace(
        "{method: step_scores, column: qwen_prm,",
        "{method: step_scores, column: qwen_prm, scores: scores.jsonl,",
    )
    path.write_text(text, encoding="utf-8")
    manifest = build(path, tmp_path / "out")
    assert manifest.counts["verdicts"]["qwen-prm"] == {
        "correct": 3,
        "incorrect": 1,
        "unlabelled: no_scores": 4,
    }
    assert manifest.counts["dropped"] == {"all_unlabelled": 1}
    assert json.dumps(manifest.agreement)
