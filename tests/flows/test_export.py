"""Exports of a finished build: files beside it, what they leave out said, nothing of it changed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import datasets
import pytest

from flows.cli import main
from flows.export import Exported, export, lines_of
from flows.formats import FORMATS
from flows.recipe_file import load_recipe
from flows.show import solutions
from stepmark.errors import RecipeError, StorageError
from storage.export.names import FROM_CRITIQUES, FROM_ROLLOUTS, FormatName
from storage.manifest import read_manifest
from tests.flows.arrange import (
    SUMS,
    arrange,
    build,
    files_of,
    question,
    script_rows,
    write_jsonl,
)
from tests.flows.judged_builds import arrange as arrange_judged

WITHOUT_A_JUDGE = [name for name in FORMATS if name not in FROM_CRITIQUES]
MC: dict[str, Any] = {
    "method": "monte_carlo",
    "policy": "solver",
    "probe": {"method": "exhaustive", "draws": 8},
    "rule": {"method": "hard"},
}


def arrange_apart(folder: Path, **changes: Any) -> Path:
    """The tiny build with wrong steps that are many edits away from the right ones."""
    path = arrange(folder, **changes)
    script = json.dumps(script_rows())
    for a, b in SUMS:
        wrong = f"{a + b} + 1 = {a + b + 2}."
        script = script.replace(wrong, f"everybody can see at once that {wrong}")
    write_jsonl(folder / "script.jsonl", json.loads(script))
    return path


@pytest.fixture(scope="module")
def root(prefect_server, tmp_path_factory) -> Path:
    folder = Path(tmp_path_factory.mktemp("export"))
    build(arrange_apart(folder), folder / "out")
    return folder / "out" / "tiny"


@pytest.fixture(scope="module")
def decontaminated(prefect_server, tmp_path_factory) -> Path:
    """The same build without its first two problems, which are a benchmark's."""
    folder = Path(tmp_path_factory.mktemp("decontaminated"))
    write_jsonl(folder / "bench.jsonl", [{"question": question(a, b)} for a, b in SUMS[:2]])
    benchmarks = {"bench": {"path": "bench.jsonl", "statement": "question"}}
    filters = [{"method": "decontaminate", "benchmarks": benchmarks}]
    build(arrange_apart(folder, filters=filters), folder / "out")
    return folder / "out" / "tiny"


@pytest.fixture(scope="module")
def measured_again(prefect_server, tmp_path_factory) -> Path:
    """The same with an annotator that reads the same draws, and a policy that never succeeds."""
    folder = Path(tmp_path_factory.mktemp("again"))
    policies = {
        policy: {"engine": "scripted", "model": f"{model}.jsonl"}
        for policy, model in (("solver", "script"), ("lost", "lost"))
    }
    annotators = {
        "lost": {**MC, "policy": "lost"},
        "mc": MC,
        "again": {**MC, "rule": {"method": "soft"}},
    }
    path = arrange_apart(folder, policies=policies, annotators=annotators)
    script = [json.loads(line) for line in (folder / "script.jsonl").read_text().splitlines()]
    lost = [row | {"completions": ["The answer is 0."] * 12} for row in script]
    write_jsonl(folder / "lost.jsonl", lost)
    build(path, folder / "out")
    return folder / "out" / "tiny"


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The rows as a trainer gets them."""
    read = datasets.load_dataset(str(folder))
    return [row for split in sorted(read) for row in read[split]]


def test_every_format_has_a_name_for_recipes():
    assert set(FORMATS) == set(get_args(FormatName))


@pytest.mark.parametrize("name", WITHOUT_A_JUDGE)
def test_a_format_is_written_as_its_summary_says(root, tmp_path, name):
    exported = export(root, name, tmp_path / "there")
    facts = json.loads((tmp_path / "there" / "export.json").read_text())
    assert facts["format"] == name
    assert facts["rows"] == exported.rows
    assert facts["left_out"] == dict(exported.unsaid)
    assert len(rows_of(tmp_path / "there")) == sum(exported.rows.values()) > 0


@pytest.mark.parametrize("name", WITHOUT_A_JUDGE)
def test_no_format_holds_what_a_filter_dropped(root, decontaminated, tmp_path, name):
    def sums(build: Path, there: Path) -> set[int]:
        export(build, name, there)
        text = json.dumps(rows_of(there))
        return {place for place, (a, b) in enumerate(SUMS) if f"{a} + {b} = " in text}

    assert sums(root, tmp_path / "all") == {0, 1, 2, 3, 4}
    assert sums(decontaminated, tmp_path / "some") == {2, 3, 4}


@pytest.mark.parametrize("name", sorted(FROM_ROLLOUTS))
def test_prefixes_that_a_filter_dropped_are_counted(decontaminated, tmp_path, name):
    """Of each problem the shared first step, the right second and the wrong second step."""
    exported = export(decontaminated, name, tmp_path / "there")
    assert exported.unsaid["prefixes of no solution in the data"] == 2 * 3


@pytest.mark.parametrize("name", sorted(FROM_ROLLOUTS))
def test_prefixes_are_written_once_and_as_one_policy_measures_them(
    root, measured_again, tmp_path, name
):
    plain, exported = (
        export(build, name, tmp_path / part)
        for build, part in ((root, "plain"), (measured_again, "again"))
    )
    assert rows_of(tmp_path / "again") == rows_of(tmp_path / "plain")
    drawn = 5 * 2 * 2 * 8
    others = {"rollouts of lost, of another policy or sampling": drawn}
    assert exported.unsaid == plain.unsaid + Counter(others)


def test_splits_are_found_by_load_dataset(root):
    exported = export(root, "trl")
    read = datasets.load_dataset(str(exported.path))
    assert {split: len(rows) for split, rows in read.items()} == exported.rows
    data = {row.problem for row in solutions(root)}
    assert {row["prompt"].strip() for rows in read.values() for row in rows} == data


@pytest.mark.parametrize("name", ["trl", "math_shepherd"])
def test_splits_may_have_any_name(tmp_path, prefect_server, name):
    splits = {"pilot": 0.5, "gold_2": 0.5}
    build(arrange(tmp_path, splits=splits, export=[name]), tmp_path / "out")
    read = datasets.load_dataset(str(tmp_path / "out" / "tiny" / "export" / name))
    facts = json.loads((tmp_path / "out" / "tiny" / "export" / name / "export.json").read_text())
    assert {split: len(rows) for split, rows in read.items()} == facts["rows"]


def test_labels_are_those_of_the_build(root, tmp_path):
    export(root, "processbench", tmp_path / "there")
    written = {row["id"]: row["label"] for row in rows_of(tmp_path / "there")}
    assert written == {
        row.id: -1 if row.first_error is None else row.first_error for row in solutions(root)
    }


def test_pairs_are_made_from_the_rollouts_of_the_split(root, tmp_path):
    exported = export(root, "omegaprm", tmp_path / "there")
    assert set(exported.rows) == {"train", "test"}
    assert all(row["first_value"] >= row["second_value"] for row in rows_of(tmp_path / "there"))


def test_an_export_leaves_the_build_as_it_is(root):
    def others() -> dict[str, bytes]:
        files = files_of(root).items()
        return {p: data for p, data in files if "export/" not in p and p != "README.md"}

    before = others()
    export(root, "openrlhf")
    assert others() == before


def test_the_card_of_the_build_tells_of_its_exports(root):
    export(root, "openrlhf")
    assert "config_name: openrlhf\n" in (root / "README.md").read_text()


def test_an_export_is_written_anew_with_the_same_bytes(root, tmp_path):
    export(root, "qwen", tmp_path / "there")
    before = files_of(tmp_path / "there")
    (tmp_path / "there" / "gone-0001-00000.parquet").write_bytes(b"")
    export(root, "qwen", tmp_path / "there")
    assert files_of(tmp_path / "there") == before


def test_a_folder_with_something_else_is_left_alone(root, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match="holds no export"):
        export(root, "trl", tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_what_stands_beside_an_export_is_left_alone(root, tmp_path):
    (tmp_path / "there.tmp").mkdir()
    (tmp_path / "there.tmp" / "notes.txt").write_text("mine")
    export(root, "trl", tmp_path / "there")
    assert {path.name for path in tmp_path.iterdir()} == {"there", "there.tmp"}
    assert (tmp_path / "there.tmp" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("theirs", ["notes.txt", "kept/train-0000-00000.parquet"])
def test_an_export_with_something_of_a_users_inside_is_not_replaced(root, tmp_path, theirs):
    there = tmp_path / "there"
    export(root, "trl", there)
    (there / theirs).parent.mkdir(exist_ok=True)
    (there / theirs).write_text("mine")
    with pytest.raises(StorageError, match=f"holds '{theirs.split('/')[0]}', which is no file"):
        export(root, "trl", there)
    assert (there / theirs).read_text() == "mine"


def test_the_folder_one_is_in_is_not_replaced(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError, match="is the folder you are in"):
        export(root, "trl", Path())


def test_a_link_to_an_export_stays_a_link(root, tmp_path):
    export(root, "trl", tmp_path / "there")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    export(root, "qwen", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "there" / "export.json").read_text())["format"] == "qwen"


def test_a_place_that_cannot_be_written_is_named(root, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="there cannot be written"):
        export(root, "trl", tmp_path / "file" / "there")


@pytest.mark.parametrize("name", sorted(FROM_CRITIQUES))
def test_a_build_without_a_judge_has_no_critiques(root, tmp_path, name):
    with pytest.raises(StorageError, match="no annotator of its recipe asks a judge"):
        export(root, name, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_an_unknown_format_is_met_with_those_there_are(root):
    with pytest.raises(RecipeError, match="There is no format 'tlr': trl, math_shepherd"):
        export(root, "tlr")


def test_an_unfinished_build_is_not_exported(tmp_path):
    with pytest.raises(StorageError, match="holds no finished build"):
        export(tmp_path / "nothing", "trl")
    assert not (tmp_path / "nothing").exists()


def test_a_data_shard_that_is_lost_is_missed(root, tmp_path):
    lost = min((root / "data").glob("*.parquet"))
    kept = lost.rename(tmp_path / "kept")
    try:
        with pytest.raises(StorageError, match=f"{lost.name} is gone, and the manifest lists it"):
            export(root, "trl", tmp_path / "there")
    finally:
        kept.rename(lost)
    assert not (tmp_path / "there").exists()


def test_the_command_says_what_it_left_out(root, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["stepmark", "export", str(root), "--format", "processbench"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "left out  5 steps after the first error" in said
    assert "export/processbench" in said


def test_an_export_without_a_row_says_why(tmp_path):
    lines = list(lines_of(Exported(tmp_path, {"train": 0}, Counter())))
    assert lines[0].startswith("rows      none: no solution of this build says what the format")


def test_a_build_writes_the_formats_that_its_recipe_names(tmp_path, prefect_server):
    manifest = build(arrange(tmp_path, export=["trl", "processbench"]), tmp_path / "out")
    root = tmp_path / "out" / "tiny"
    assert {path.name for path in (root / "export").iterdir()} == {"trl", "processbench"}
    plain, _ = load_recipe(str(arrange(tmp_path)))
    assert manifest.recipe == plain.fingerprint


def test_a_format_named_later_is_written_without_labelling_anew(tmp_path, prefect_server):
    first = build(arrange(tmp_path), tmp_path / "out")
    root = tmp_path / "out" / "tiny"
    stamp = (root / "manifest.json").stat().st_mtime_ns
    assert build(arrange(tmp_path, export=["orm"]), tmp_path / "out") == first
    assert (root / "manifest.json").stat().st_mtime_ns == stamp
    assert (root / "export" / "orm" / "export.json").exists()


def test_a_relabelled_build_is_not_read_from_a_cache(tmp_path, prefect_server):
    root = tmp_path / "out" / "tiny"
    build(arrange(tmp_path), tmp_path / "out")
    assert {None, 1} == {row["first_error"] for row in rows_of(root)}
    soft = {"method": "soft"}
    build(arrange(tmp_path, annotators__mc__rule=soft), tmp_path / "out")
    assert 0.75 in {value for row in rows_of(root) for value in row["values"]}


def test_changed_labels_are_exported_anew(tmp_path, prefect_server):
    build(arrange(tmp_path, export=["openrlhf_soft"]), tmp_path / "out")
    soft = {"method": "soft"}
    build(arrange(tmp_path, export=["openrlhf_soft"], annotators__mc__rule=soft), tmp_path / "out")
    root = tmp_path / "out" / "tiny"
    manifest = read_manifest(root)
    assert manifest is not None
    facts = json.loads((root / "export" / "openrlhf_soft" / "export.json").read_text())
    assert facts["recipe"] == manifest.recipe
    values = {value for row in rows_of(root / "export" / "openrlhf_soft") for value in row["value"]}
    assert values == {0.0, 0.75, 1.0}


@pytest.mark.parametrize("name", sorted(FROM_CRITIQUES))
def test_a_recipe_is_refused_whose_export_has_nothing_to_be_made_from(tmp_path, name):
    with pytest.raises(RecipeError, match=f"{name} is made from a judge's replies"):
        load_recipe(str(arrange(tmp_path, export=[name])))


@pytest.fixture(scope="module")
def judged(prefect_server, tmp_path_factory) -> Path:
    """Builds with a judge: one attempt is judged as labelled by all votes, one by some."""
    folder = Path(tmp_path_factory.mktemp("judged"))
    for name in ("capo", "pathfinder"):
        (folder / name).mkdir()
        build(arrange_judged(folder / name, name), folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def merged(prefect_server, tmp_path_factory) -> Path:
    """The build with a PathFinder judge, and a second view of every solution with joined steps."""
    folder = Path(tmp_path_factory.mktemp("merged"))
    filters = [{"method": "node_merge", "probability": 1.0}]
    build(arrange_judged(folder, "pathfinder", filters=filters), folder / "out")
    return folder / "out" / "pathfinder"


@pytest.mark.parametrize("name", sorted(FROM_CRITIQUES))
def test_rows_whose_steps_a_filter_joined_are_of_no_reply_and_are_counted(
    judged, merged, tmp_path, name
):
    plain = export(judged / "pathfinder", name, tmp_path / "plain")
    exported = export(merged, name, tmp_path / "merged")
    joined = len(list(solutions(merged))) - len(list(solutions(judged / "pathfinder")))
    assert exported.unsaid - plain.unsaid == {
        "solutions whose steps a filter joined or cut": joined
    }
    shards = [
        {path.name: path.read_bytes() for path in (tmp_path / part).glob("*.parquet")}
        for part in ("plain", "merged")
    ]
    assert shards[0] == shards[1]


def test_critiques_that_agree_are_chats_with_the_question_that_was_asked(judged, tmp_path):
    exported = export(judged / "capo", "critiques", tmp_path / "there")
    rows = rows_of(tmp_path / "there")
    assert exported.unsaid["replies that contradict the labels"] > 0
    for row in rows:
        question, answer = row["messages"]
        assert (question["role"], answer["role"]) == ("user", "assistant")
        assert "What is 1 + 1?" in question["content"]
        assert answer["content"].startswith("I looked.")


def test_critiques_are_paired_with_one_that_contradicts_the_labels(judged, tmp_path):
    export(judged / "capo", "critique_dpo", tmp_path / "there")
    for row in rows_of(tmp_path / "there"):
        assert "1 + 1 = 3" in row["prompt"][0]["content"]  # votes differ about this attempt alone
        assert row["chosen"] != row["rejected"]


def test_typed_rows_come_in_pairs_and_trust_the_labels(judged, tmp_path):
    exported = export(judged / "pathfinder", "pathfinder", tmp_path / "there")
    rows = rows_of(tmp_path / "there")
    assert len(rows) == exported.rows["train"] > 0
    verdicts = [v for row in solutions(judged / "pathfinder") for v in row.verdicts]
    ends = [row["labels"][1]["content"] for row in rows[1::2]]
    assert sum(end.endswith("Correctness: <+>") for end in ends) == verdicts.count("correct")
    assert sum(end.endswith("Correctness: <->") for end in ends) == verdicts.count("incorrect")
    assert exported.unsaid["unlabelled steps"] == verdicts.count("unlabelled")
