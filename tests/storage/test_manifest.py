"""The manifest: what the shards hold, counted from the shards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from stepmark.errors import StorageError
from stepmark.records import Annotation, Problem, Reject, Solution
from storage.manifest import MANIFEST, Manifest, describe, read_manifest, write_manifest
from storage.rows import Dropped, LabelledSolution
from storage.shards import ShardRef, write_shard
from tests.fakes.factories import a_label, a_problem, a_solution, an_annotation
from tests.fakes.plain_labels import labelled

POLICIES: dict[str, dict[str, str | None]] = {"solver": {"id": "po_0", "revision": None}}


def some_shards(root: Path) -> dict[str, tuple[ShardRef, ...]]:
    """Write a small build: two problems in two shards, three solutions, one annotator."""
    problems = [a_problem("a"), a_problem("b")]
    solutions = [a_solution(2, outcome=o) for o in ("correct", "incorrect", "incorrect")]
    withheld = a_label(verdict="unlabelled", value=None, reason="too_many_unknown")
    annotations = [
        an_annotation([a_label(), a_label()]),
        an_annotation([a_label(), a_label(verdict="incorrect")]),
        an_annotation([withheld, withheld]),
    ]
    rows = [
        labelled(problems[0], s, a) for s, a in zip(solutions[:2], annotations[:2], strict=True)
    ]
    reject = Reject(source="p.jsonl", line=3, reason="broken_json", detail="{")
    drop = Dropped(
        problem_id="pb",
        solution_id="so",
        stage="label",
        reason="all_unlabelled",
        solve_rate=None,
    )
    return {
        "problems": tuple(
            write_shard(root, f"problems/part-{i}.parquet", Problem, [problem])
            for i, problem in enumerate(problems)
        ),
        "rejects": (write_shard(root, "rejects/part-0.parquet", Reject, [reject]),),
        "solutions": (write_shard(root, "solutions/part-0.parquet", Solution, solutions),),
        "annotations/mc": (
            write_shard(root, "annotations/mc/part-0.parquet", Annotation, annotations),
            write_shard(root, "annotations/mc/part-1.parquet", Annotation, []),
        ),
        "dropped": (write_shard(root, "dropped/part-0.parquet", Dropped, [drop]),),
        "data/train": (write_shard(root, "data/train-0.parquet", LabelledSolution, rows),),
        "data/test": (),
    }


def write(root: Path, shards: Mapping[str, Sequence[ShardRef]]) -> Manifest:
    manifest = describe(root, name="build", recipe="re_0", policies=POLICIES, shards=shards)
    write_manifest(root, manifest)
    return manifest


def test_what_is_written_is_what_is_read(tmp_path):
    assert read_manifest(tmp_path) is None
    written = write(tmp_path, some_shards(tmp_path))
    assert read_manifest(tmp_path) == written


def test_counts_are_the_shards(tmp_path):
    assert write(tmp_path, some_shards(tmp_path)).counts == {
        "problems": 2,
        "rejected": {"broken_json": 1},
        "solutions": {"correct": 1, "incorrect": 2},
        "verdicts": {"mc": {"correct": 3, "incorrect": 1, "unlabelled: too_many_unknown": 2}},
        "critiques": {},
        "comparisons": {},
        "reviews": {},
        "rationales": {},
        "dropped": {"all_unlabelled": 1},
        "rows": {"test": 0, "train": 2},
    }


def test_costs_are_summed_over_shards(tmp_path):
    assert write(tmp_path, some_shards(tmp_path)).costs == {
        "mc": {"rollouts": 24, "requests": 3, "prompt_tokens": 30, "completion_tokens": 120},
        "solve": {"solutions": 3, "completion_tokens": 60},
    }


def test_shards_without_rows_count_as_nothing(tmp_path):
    empty = {
        "rejects": (write_shard(tmp_path, "rejects.parquet", Reject, []),),
        "annotations/mc": (write_shard(tmp_path, "mc.parquet", Annotation, []),),
    }
    manifest = write(tmp_path, empty)
    assert manifest.counts["rejected"] == {}
    assert manifest.counts["verdicts"] == {"mc": {}}
    assert manifest.costs["mc"]["rollouts"] == 0


def test_equal_builds_have_equal_manifests(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        write(tmp_path / name, some_shards(tmp_path / name))
    assert (tmp_path / "a" / MANIFEST).read_bytes() == (tmp_path / "b" / MANIFEST).read_bytes()


def test_it_is_plain_json_that_people_can_read(tmp_path):
    write(tmp_path, some_shards(tmp_path))
    plain = json.loads((tmp_path / MANIFEST).read_text(encoding="utf-8"))
    assert plain["shards"]["solutions"][0]["rows"] == 3
    assert plain["policies"] == POLICIES


def test_writing_leaves_nothing_but_the_manifest(tmp_path):
    write(tmp_path, {})
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]


def test_a_manifest_that_cannot_be_written_says_why(tmp_path):
    (tmp_path / MANIFEST).mkdir()
    with pytest.raises(StorageError, match=r"manifest\.json cannot be written"):
        write(tmp_path, {})


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"shards": {}}', '{"shards": {"data/train": [{"path": 1}]}}']
)
def test_a_file_that_is_no_manifest_is_named(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(StorageError, match=r"manifest\.json is not a manifest"):
        read_manifest(tmp_path)
