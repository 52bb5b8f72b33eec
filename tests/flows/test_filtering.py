"""Filters in a build: nothing lost in silence, nothing bought, nothing fitted twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.recipe_file import parse_recipe
from flows.show import coloured, solutions
from stepmark.errors import FilterError, RecipeError, StorageError
from storage.manifest import read_manifest
from storage.rows import LabelledSolution
from storage.schema import schema_of
from tests.flows.arrange import arrange, build, files_of, recipe_text

LONG = {"method": "structure", "max_steps": 2, "max_dropped": 1.0}
HALF = {"method": "consistency"}
BALANCE = {"method": "balance", "by": "outcome", "weights": {"correct": 1, "incorrect": 4}}
"""With as many of each outcome, a quarter of the right ones stays: at least one."""


def built(folder: Path, *filters: dict[str, Any]) -> Any:
    return build(arrange(folder, filters=list(filters)), folder / "out")


def bought(folder: Path) -> int:
    *_, last = (folder / "out" / "tiny" / "runs.jsonl").read_text().splitlines()
    return int(json.loads(last)["bought"])


def dropped(root: Path) -> list[dict[str, Any]]:
    shards = sorted((root / "dropped").glob("filter-*.parquet"))
    return [row for shard in shards for row in pq.read_table(shard).to_pylist()]


@pytest.mark.usefixtures("prefect_server")
class TestBuild:
    def test_every_solution_is_kept_or_dropped_with_its_reason(self, tmp_path):
        manifest = built(tmp_path, BALANCE)
        root = tmp_path / "out" / "tiny"
        rows = list(solutions(root))
        gone = dropped(root)
        assert manifest.counts["dropped"] == {"balance_outcome": 4}
        assert sum(manifest.counts["rows"].values()) == len(rows) == 6
        assert [row.outcome for row in rows].count("incorrect") == 5
        assert {row["stage"] for row in gone} == {"filter"}
        ids = {row.id for row in rows} | {row["solution_id"] for row in gone}
        assert len(ids) == 10
        assert "| balance_outcome | 4 |" in (root / "README.md").read_text()

    def test_rows_that_pass_are_those_of_a_build_without_filters(self, tmp_path):
        build(arrange(tmp_path / "plain"), tmp_path / "plain" / "out")
        built(tmp_path, {"method": "structure"})
        for path in (tmp_path / "plain/out/tiny/data").glob("*.parquet"):
            same = tmp_path / "out/tiny/data" / path.name
            assert same.read_bytes() == path.read_bytes()
            assert pq.read_schema(same).metadata == schema_of(LabelledSolution).metadata

    def test_other_filters_buy_nothing_and_no_filters_restore_all(self, tmp_path):
        build(arrange(tmp_path), tmp_path / "out")
        plain = files_of(tmp_path / "out" / "tiny")
        assert sum(built(tmp_path, BALANCE).counts["rows"].values()) == 6
        assert bought(tmp_path) == 0
        assert sum(built(tmp_path, HALF).counts["rows"].values()) == 5
        assert bought(tmp_path) == 0
        build(arrange(tmp_path), tmp_path / "out")
        assert files_of(tmp_path / "out" / "tiny") == plain

    def test_a_filter_sees_what_those_before_it_let_through(self, tmp_path):
        manifest = built(tmp_path, HALF, BALANCE)
        assert manifest.counts["dropped"] == {"wrong_answer_good_steps": 5}
        fitted = json.loads((tmp_path / "out/tiny/filters/01-balance.json").read_text())
        assert fitted["counts"] == {"correct": 5}

    def test_a_filter_that_drops_too_much_stops_the_build_and_says_why(self, tmp_path):
        with pytest.raises(FilterError, match=r"filters\[0\] \(structure\) dropped 10 of the 10"):
            built(tmp_path, {**LONG, "max_dropped": 0.9})
        root = tmp_path / "out" / "tiny"
        assert read_manifest(root) is None
        assert {row["reason"] for row in dropped(root)} == {"too_many_steps"}
        assert built(tmp_path, LONG).counts["dropped"] == {"too_many_steps": 10}
        assert bought(tmp_path) == 0

    def test_what_was_fitted_is_read_and_not_fitted_again(self, tmp_path):
        built(tmp_path, BALANCE)
        root = tmp_path / "out" / "tiny"
        frozen = root / "filters" / "00-balance.json"
        marks = json.loads(frozen.read_text())
        frozen.write_text(json.dumps({**marks, "marks": {"correct": 1.0, "incorrect": 1.0}}))
        for shard in (root / "dropped").glob("filter-*"):
            shard.unlink()
        (root / "manifest.json").unlink()
        assert sum(built(tmp_path, BALANCE).counts["rows"].values()) == 10

    def test_a_damaged_fit_is_named(self, tmp_path):
        built(tmp_path, BALANCE)
        root = tmp_path / "out" / "tiny"
        (root / "filters" / "00-balance.json").write_text("{")
        (root / "manifest.json").unlink()
        with pytest.raises(StorageError, match=r"00-balance.json is damaged"):
            built(tmp_path, BALANCE)

    def test_changed_rows_are_written_and_none_is_dropped(self, tmp_path):
        merge = {"method": "node_merge", "probability": 1.0}
        manifest = built(tmp_path, {"method": "isotonic"}, merge)
        rows = list(solutions(tmp_path / "out" / "tiny"))
        assert len(rows) == len({row.id for row in rows}) == 20
        assert {len(row.steps) for row in rows} == {2, 3}
        joined = next(row for row in rows if len(row.steps) == 2)
        assert coloured(joined, tmp_path / "out" / "tiny").renderables
        assert manifest.counts["dropped"] == {}

    def test_two_builds_have_the_same_bytes(self, tmp_path):
        for folder in (tmp_path / "one", tmp_path / "two"):
            built(folder, HALF, BALANCE)
        assert files_of(tmp_path / "one/out/tiny") == files_of(tmp_path / "two/out/tiny")


GIVEN = {"path": "s.jsonl", "statement": "q", "reference": "a", "text": "t"}
EQUATIONS = {"z3": {"method": "verifier", "verifier": {"method": "equations"}}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"filters": [{"method": "hardness"}], "problems": None, "solutions": GIVEN},
         r"filters\[0\] \(hardness\) goes by how often a problem is solved"),
        ({"filters": [HALF, {"method": "monotone"}], "annotators": EQUATIONS,
          "labels": {"from": "z3"}},
         r"filters\[1\] \(monotone\) goes by rollouts"),
        ({"filters": [{"method": "isotonic"}], "annotators__mc__right_answers": "assume_correct"},
         r"filters\[0\] \(isotonic\) compares values with outcomes"),
        ({"filters": [{"method": "isotonic"}], "annotators__mc__rule__method": "posterior"},
         r"filters\[0\] \(isotonic\) .* and the labels claim `correctness`"),
        ({"filters": [{"method": "hardness", "lest": 1}]}, r"filters\.0\.lest: there is no such"),
        ({"filters": [{"method": "hardness", "least": 1}]}, r"least must be in \[0, 0.8\]"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_decide_is_refused_when_the_recipe_is_read(changes, message):
    with pytest.raises(RecipeError, match=message):
        parse_recipe(json.loads(recipe_text(**changes)), "a test")
