"""Builds whose source grows: a later run takes the new rows and leaves what was there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pytest

from flows.arrivals import source_digest
from flows.recipe_file import load_recipe
from flows.shards import Build
from flows.show import solutions
from stepmark.errors import StorageError
from storage.manifest import read_manifest
from tests.flows.arrange import (
    SUMS,
    arrange,
    arrange_given,
    build,
    files_of,
    question,
    script_rows,
    write_jsonl,
)

pytestmark = pytest.mark.usefixtures("prefect_server")


def have(folder: Path, *sums: tuple[int, int]) -> None:
    """Let the source hold these problems."""
    rows = [{"question": question(a, b), "answer": str(a + b + 1)} for a, b in sums]
    write_jsonl(folder / "problems.jsonl", rows)


def grown(tmp_path: Path, **changes: Any) -> tuple[Path, dict[str, bytes]]:
    """Build on three problems, then on five; return the build's folder and its first files."""
    recipe, out = arrange(tmp_path, splits={"train": 1.0}, **changes), tmp_path / "out"
    have(tmp_path, *SUMS[:3])
    build(recipe, out)
    before = files_of(out / "tiny")
    have(tmp_path, *SUMS)
    build(recipe, out)
    return out / "tiny", before


def test_new_problems_come_in_shards_of_their_own(tmp_path):
    root, before = grown(tmp_path)
    after = files_of(root)
    kept = {path for path in before if path.endswith(".parquet") and "rejects" not in path}
    assert {path: after[path] for path in kept} == {path: before[path] for path in kept}
    assert sorted(path for path in after.keys() - before.keys() if path.startswith("data/")) == [
        "data/train-0001-00002.parquet"
    ]


@pytest.mark.parametrize("limit", [5, 9, None])
def test_a_limit_that_grows_takes_in_more_problems(tmp_path, limit):
    root, before = grown_by_limit(tmp_path, limit)
    manifest = read_manifest(root)
    assert manifest is not None
    assert manifest.counts["problems"] == 5
    assert load_recipe(str(root / "recipe.yaml"))[0].limit == limit
    after = files_of(root)
    kept = {path for path in before if path.endswith(".parquet") and "rejects" not in path}
    assert {path: after[path] for path in kept} == {path: before[path] for path in kept}


def test_a_limit_that_shrinks_is_another_recipe(tmp_path):
    with pytest.raises(StorageError, match="limit: 3 before, 2 now"):
        grown_by_limit(tmp_path, 2)


def grown_by_limit(tmp_path: Path, limit: int | None) -> tuple[Path, dict[str, bytes]]:
    """Build with a limit of three problems, then with another."""
    out = tmp_path / "out"
    build(arrange(tmp_path, limit=3), out)
    before = files_of(out / "tiny")
    build(arrange(tmp_path, limit=limit), out)
    return out / "tiny", before


def test_the_manifest_lists_the_shards_of_all_runs(tmp_path):
    root, _ = grown(tmp_path)
    manifest = read_manifest(root)
    assert manifest is not None
    assert manifest.rows_by_run() == {"0000": 6, "0001": 4}
    assert manifest.counts["problems"] == 5
    assert datasets.load_dataset(str(root), cache_dir=str(tmp_path / "c"))["train"].num_rows == 10


def test_a_later_run_filters_the_new_problems_by_what_was_fitted_on_the_first(tmp_path):
    balance = {"method": "balance", "by": "outcome", "weights": {"correct": 1, "incorrect": 4}}
    root, before = grown(tmp_path, filters=[balance])
    after = files_of(root)
    kept = {path for path in before if path.startswith(("data/", "filters/", "dropped/"))}
    assert {path: after[path] for path in kept} == {path: before[path] for path in kept}
    manifest = read_manifest(root)
    assert manifest is not None
    assert list(manifest.rows_by_run()) == ["0000", "0001"]
    assert (
        sum(manifest.counts["rows"].values()) + manifest.counts["dropped"]["balance_outcome"] == 10
    )


def test_a_later_run_buys_the_new_problems_alone(tmp_path):
    root, _ = grown(tmp_path)
    runs = [json.loads(line) for line in (root / "runs.jsonl").read_text().splitlines()]
    assert [run["bought"] for run in runs] == [78, 52]  # 26 draws a problem


def test_a_source_without_news_adds_nothing(tmp_path):
    root, _ = grown(tmp_path)
    before = files_of(root)
    build(tmp_path / "recipe.yaml", tmp_path / "out")
    assert files_of(root) == before
    assert len((root / "runs.jsonl").read_text().splitlines()) == 2


def test_rows_in_another_order_are_the_same_problems(tmp_path):
    root, _ = grown(tmp_path)
    before = {path: data for path, data in files_of(root).items() if "manifest" not in path}
    have(tmp_path, *reversed(SUMS))
    build(tmp_path / "recipe.yaml", tmp_path / "out")
    after = {path: data for path, data in files_of(root).items() if "manifest" not in path}
    assert after == before


def test_a_run_that_dies_leaves_the_manifest_and_is_continued(tmp_path, monkeypatch):
    recipe, out = arrange(tmp_path, splits={"train": 1.0}), tmp_path / "out"
    have(tmp_path, *SUMS[:1])
    build(recipe, out)
    listed = (out / "tiny" / "manifest.json").read_bytes()
    have(tmp_path, *SUMS)
    whole = Build.label

    def dies_late(self, shard):
        if shard == "00002":
            raise RuntimeError("killed")
        whole(self, shard)

    monkeypatch.setattr(Build, "label", dies_late)
    with pytest.raises(RuntimeError):
        build(recipe, out)
    assert (out / "tiny" / "manifest.json").read_bytes() == listed
    monkeypatch.undo()
    assert build(recipe, out).rows_by_run() == {"0000": 2, "0001": 8}
    assert len(list(solutions(out / "tiny"))) == 10


def test_an_interrupted_build_takes_what_came_meanwhile(tmp_path):
    root, _ = grown(tmp_path)
    (root / "manifest.json").unlink()
    have(tmp_path, *SUMS, (2, 2))
    write_jsonl(tmp_path / "script.jsonl", script_rows([*SUMS, (2, 2)]))
    assert build(tmp_path / "recipe.yaml", tmp_path / "out").rows_by_run() == {
        "0000": 6,
        "0001": 6,
    }


def test_rejected_rows_are_those_of_the_source_as_it_is(tmp_path):
    recipe = arrange(tmp_path, problems__max_bad_share=1.0)
    rows = [{"question": question(1, 2), "answer": "4"}, {"question": "", "answer": "1"}]
    write_jsonl(tmp_path / "problems.jsonl", rows)
    build(recipe, tmp_path / "out")
    write_jsonl(tmp_path / "problems.jsonl", [*rows, {"question": question(3, 4), "answer": "8"}])
    manifest = build(recipe, tmp_path / "out")
    assert sum(manifest.counts["rejected"].values()) == 1
    assert manifest.counts["problems"] == 2


def test_given_solutions_that_are_appended_are_labelled(tmp_path):
    recipe = arrange_given(tmp_path, 1)
    build(recipe, tmp_path / "out")
    arrange_given(tmp_path)
    assert build(recipe, tmp_path / "out").rows_by_run() == {"0000": 1, "0001": 1}
    assert [row.first_error for row in solutions(tmp_path / "out" / "tiny")] == [None, 1]


def test_the_exports_of_a_recipe_grow_with_it(tmp_path):
    root, before = grown(tmp_path, export=["trl"])
    export = root / "export" / "trl"
    assert sorted(path.name for path in export.glob("train-*")) == [
        "train-0000-00000.parquet",
        "train-0000-00001.parquet",
        "train-0001-00002.parquet",
    ]
    old = "export/trl/train-0000-00000.parquet"
    assert files_of(root)[old] == before[old]
    assert "`trl`: train 10 rows" in (root / "README.md").read_text()


def test_another_row_is_another_digest_and_the_same_rows_the_same(tmp_path):
    recipe, base = load_recipe(str(arrange(tmp_path)))
    before = source_digest(recipe, base)
    assert source_digest(recipe, base) == before
    have(tmp_path, *SUMS[:4])
    assert source_digest(recipe, base) != before
