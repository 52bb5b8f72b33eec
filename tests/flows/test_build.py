"""Builds through the real flow: Prefect's embedded server, a scripted or a fake server's engine."""

from __future__ import annotations

import json
import shutil

import datasets
import pandas as pd
import pytest

from flows.show import solutions
from stepmark.errors import BudgetReached, EngineDown, EngineError, StorageError
from storage.manifest import read_manifest
from tests.fakes.openai_server import FakeServer
from tests.fakes.server_faults import Fault
from tests.fakes.tokenizers import trimming
from tests.flows.arrange import (
    arrange,
    arrange_given,
    build,
    files_of,
    served_recipe,
)

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_a_build_labels_every_step(tmp_path):
    manifest = build(arrange(tmp_path), tmp_path / "out")
    assert manifest.counts["solutions"] == {"correct": 5, "incorrect": 5}
    assert manifest.counts["verdicts"] == {"mc": {"correct": 20, "incorrect": 10}}
    rows = list(solutions(tmp_path / "out" / "tiny"))
    assert {row.first_error for row in rows if row.outcome == "incorrect"} == {1}
    assert all(row.first_error is None for row in rows if row.outcome == "correct")


def test_two_builds_have_the_same_bytes(tmp_path):
    recipe = arrange(tmp_path)
    build(recipe, tmp_path / "one")
    build(recipe, tmp_path / "two")
    assert files_of(tmp_path / "one" / "tiny") == files_of(tmp_path / "two" / "tiny")


def test_a_build_that_lost_its_last_shards_is_completed_to_the_same_bytes(tmp_path):
    recipe = arrange(tmp_path)
    build(recipe, tmp_path / "out")
    root = tmp_path / "out" / "tiny"
    whole = files_of(root)
    (root / "manifest.json").unlink()
    (root / "labels" / "00001.parquet").unlink()
    (root / "solutions" / "00001.parquet").unlink()
    (root / "rollouts" / "mc" / "00002.parquet").unlink()
    (root / "labels" / "00002.parquet").unlink()
    build(recipe, tmp_path / "out")
    assert files_of(root) == whole


def test_a_finished_build_asks_nobody_anything(tmp_path):
    recipe = arrange(tmp_path)
    before = build(recipe, tmp_path / "out")
    (tmp_path / "script.jsonl").unlink()
    assert build(recipe, tmp_path / "out") == before


def test_a_changed_rule_is_read_from_the_stored_rollouts(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    root = tmp_path / "out" / "tiny"
    build(arrange(tmp_path, annotators__mc__rule={"method": "soft"}), tmp_path / "out")
    *_, last = (json.loads(line) for line in (root / "runs.jsonl").read_text().splitlines())
    assert (last["requests"], last["bought"]) == (0, 0)
    assert {value for row in solutions(root) for value in row.values} == {0.0, 0.75, 1.0}


def test_a_changed_prompt_stops_and_shows_the_difference(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    with pytest.raises(StorageError, match=r"solve\.prompt: 'bare' before, 'boxed' now"):
        build(arrange(tmp_path, solve__prompt="boxed"), tmp_path / "out")


def test_replace_starts_clean_and_keeps_the_ledger(tmp_path):
    recipe = arrange(tmp_path)
    build(recipe, tmp_path / "out")
    build(arrange(tmp_path, segment__method="newline"), tmp_path / "out", replace=True)
    lines = (tmp_path / "out" / "tiny" / "runs.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["bought"] == 0


def test_builds_under_one_root_share_what_was_paid_for(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    build(arrange(tmp_path, name="other", shard_problems=5), tmp_path / "out")
    runs = (tmp_path / "out" / "other" / "runs.jsonl").read_text().splitlines()
    assert json.loads(runs[-1])["bought"] == 0


def test_no_problem_is_in_two_splits(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    data = tmp_path / "out" / "tiny" / "data"
    seen = {
        split: set(pd.concat(map(pd.read_parquet, data.glob(f"{split}-*")))["problem_id"])
        for split in ("train", "test")
        if list(data.glob(f"{split}-*"))
    }
    assert sum(map(len, seen.values())) == 5
    assert len(set().union(*seen.values())) == 5


def test_datasets_and_pandas_read_the_shards_as_they_are(tmp_path):
    build(arrange(tmp_path, splits={"train": 1.0}), tmp_path / "out")
    root = tmp_path / "out" / "tiny"
    shards = [str(path) for path in sorted((root / "data").glob("*.parquet"))]
    cache = str(tmp_path / "cache")
    loaded = datasets.load_dataset("parquet", data_files=shards, split="train", cache_dir=cache)
    assert len(loaded) == 10
    assert loaded[0]["verdicts"] == ["correct"] * 3
    assert sum(len(pd.read_parquet(shard)) for shard in shards) == 10


def test_the_card_lets_a_build_folder_be_loaded_by_name(tmp_path):
    build(arrange(tmp_path, splits={"train": 1.0}), tmp_path / "out")
    root = str(tmp_path / "out" / "tiny")
    loaded = datasets.load_dataset(root, cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 10}


def test_bad_rows_become_rejects_and_the_build_goes_on(tmp_path):
    recipe = arrange(tmp_path, problems__max_bad_share=0.5)
    with (tmp_path / "problems.jsonl").open("a") as file:
        file.write('{"question": "no answer", "answer": null}\nnot json\n')
    manifest = build(recipe, tmp_path / "out")
    assert manifest.counts["rejected"] == {"broken_json": 1, "no_reference": 1}
    assert manifest.counts["problems"] == 5


def test_both_outcomes_drops_problems_that_are_always_solved(tmp_path):
    manifest = build(
        arrange(tmp_path, solve__samples=1, solve__keep="both_outcomes"), tmp_path / "out"
    )
    assert manifest.counts["dropped"] == {"always_solved": 5}
    assert manifest.counts["rows"] == {"test": 0, "train": 0}


def test_binary_and_exhaustive_agree_and_binary_spends_less(tmp_path):
    block = {"method": "monte_carlo", "policy": "solver", "rule": {"method": "hard"}}
    both = {
        "exhaustive": {**block, "probe": {"method": "exhaustive", "draws": 8}},
        "binary": {
            **block,
            "probe": {"method": "binary", "draws": 8},
            "right_answers": "assume_correct",
        },
    }
    recipe = arrange(tmp_path, annotators=both, labels={"from": "binary"})
    manifest = build(recipe, tmp_path / "out")
    assert manifest.counts["verdicts"]["binary"] == manifest.counts["verdicts"]["exhaustive"]
    assert manifest.costs["binary"]["rollouts"] < manifest.costs["exhaustive"]["rollouts"]


def test_given_solutions_are_labelled_without_sampling_any(tmp_path):
    build(arrange_given(tmp_path), tmp_path / "out")
    labelled = list(solutions(tmp_path / "out" / "tiny"))
    assert [row.first_error for row in labelled] == [None, 1]
    assert {row.policy for row in labelled} == {"given"}


def test_a_spent_budget_stops_resumably(tmp_path):
    recipe = arrange(tmp_path)
    with pytest.raises(BudgetReached, match="budget of 50 tokens is spent"):
        build(recipe, tmp_path / "out", max_tokens=50)
    build(recipe, tmp_path / "out")
    build(recipe, tmp_path / "fresh")
    assert files_of(tmp_path / "out" / "tiny") == files_of(tmp_path / "fresh" / "tiny")


def test_a_server_is_driven_to_the_same_bytes_whatever_the_concurrency(tmp_path):
    recipe = served_recipe(tmp_path)
    with FakeServer() as server:
        for out, concurrency in (("one", 1), ("many", 64)):
            build(
                recipe, tmp_path / out, addresses={"solver": (server.url,)}, concurrency=concurrency
            )
    assert files_of(tmp_path / "one" / "tiny") == files_of(tmp_path / "many" / "tiny")


def test_two_servers_give_the_bytes_of_one(tmp_path):
    recipe = served_recipe(tmp_path)
    with FakeServer(latency_s=0.005) as one, FakeServer(latency_s=0.005) as two:
        build(recipe, tmp_path / "one", addresses={"solver": (one.url,)})
        alone = one.draw_requests
        build(recipe, tmp_path / "both", addresses={"solver": (one.url, two.url)})
    assert files_of(tmp_path / "one" / "tiny") == files_of(tmp_path / "both" / "tiny")
    assert one.draw_requests + two.draw_requests == 2 * alone
    assert two.draw_requests > 0


def test_another_model_behind_the_address_is_noticed_on_resume(tmp_path):
    recipe = served_recipe(tmp_path)
    with FakeServer() as server:
        build(recipe, tmp_path / "out", addresses={"solver": (server.url,)})
    (tmp_path / "out" / "tiny" / "manifest.json").unlink()
    with (
        FakeServer(template=trimming) as other,
        pytest.raises(StorageError, match=r"solver\.template"),
    ):
        build(recipe, tmp_path / "out", addresses={"solver": (other.url,)})


def test_draws_refused_for_good_stop_the_build_and_name_the_bound(tmp_path):
    recipe = served_recipe(tmp_path)
    refused = Fault(status=400, body=b'{"error": {"message": "no"}}')
    with (
        FakeServer(faults=dict.fromkeys(range(5, 500), refused)) as server,
        pytest.raises(EngineError, match="max_failed_share"),
    ):
        build(recipe, tmp_path / "out", addresses={"solver": (server.url,)})


def test_draws_refused_for_good_are_unknown_within_the_bound(tmp_path):
    recipe = served_recipe(tmp_path, max_failed_share=1.0)
    refused = Fault(status=400, body=b'{"error": {"message": "no"}}')
    with FakeServer(faults=dict.fromkeys(range(5, 500), refused)) as server:
        manifest = build(recipe, tmp_path / "out", addresses={"solver": (server.url,)})
    verdicts = manifest.counts["verdicts"]["mc"]
    assert any(name.startswith("unlabelled: ") for name in verdicts)


def test_nobody_at_the_address_is_said_before_anything_is_written(tmp_path):
    recipe = served_recipe(tmp_path)
    with pytest.raises(EngineDown, match="Nobody answers at"):
        build(recipe, tmp_path / "out", addresses={"solver": ("http://127.0.0.1:9/v1",)})
    assert read_manifest(tmp_path / "out" / "tiny") is None
    shutil.rmtree(tmp_path / "out")
