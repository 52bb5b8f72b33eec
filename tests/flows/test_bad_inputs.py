"""What people get wrong: each fault is one clear message and no traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli import main
from flows.recipe_file import load_recipe
from stepmark.errors import RecipeError, StorageError
from stepmark.records import Reject
from storage.shards import read_shard
from tests.fakes.openai_server import FakeServer
from tests.flows.arrange import arrange, build, write_jsonl

Fault = Callable[[Path], list[str]]


def check(path: Path, *options: str) -> list[str]:
    return ["check", str(path), "--out", str(path.parent / "out"), *options]


def changed(**changes: object) -> Fault:
    return lambda folder: check(arrange(folder, **changes))


def recipe_of(text: str | bytes) -> Fault:
    def fault(folder: Path) -> list[str]:
        path = folder / "recipe.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return check(path)

    return fault


def problems_of(data: bytes, **changes: object) -> Fault:
    def fault(folder: Path) -> list[str]:
        path = arrange(folder, **changes)
        (folder / "problems.jsonl").write_bytes(data)
        return check(path)

    return fault


def rows_of(*rows: object, **changes: object) -> Fault:
    return problems_of("".join(json.dumps(row) + "\n" for row in rows).encode(), **changes)


def options(*extra: str) -> Fault:
    return lambda folder: check(arrange(folder), *extra)


def build_into_a_file(folder: Path) -> list[str]:
    (folder / "out").write_text("")
    return ["build", str(arrange(folder)), "--out", str(folder / "out")]


def build_among_other_files(folder: Path) -> list[str]:
    (folder / "out" / "tiny").mkdir(parents=True)
    (folder / "out" / "tiny" / "thesis.tex").write_text("")
    return ["build", str(arrange(folder)), "--out", str(folder / "out")]


def build_over_another_recipe(folder: Path) -> list[str]:
    (folder / "out" / "tiny" / "problems").mkdir(parents=True)
    (folder / "out" / "tiny" / "recipe.yaml").write_text("name: tiny\nlimit: 3\n")
    return ["build", str(arrange(folder)), "--out", str(folder / "out")]


def served(address: str, command: str = "build") -> Fault:
    def fault(folder: Path) -> list[str]:
        policies = {"solver": {"engine": "vllm", "model": "m"}}
        path = arrange(folder, policies=policies)
        return [command, str(path), "--out", str(folder / "out"), "--engine", address]

    return fault


MC = {"method": "monte_carlo", "policy": "solver", "rule": {"method": "hard"}}
ONE_OF = "input should be one of"
GOOD = {"question": "What is 1 + 1?", "answer": "2"}


def prover(named: str, **changes: object) -> Fault:
    """Name an annotator as prover of `mc`; `seen` would be one but for the changes."""
    every = {"method": "exhaustive", "root": 8}
    rule = {"method": "advantage", "prover": named}
    return changed(
        policies={name: {"engine": "openai", "model": name} for name in ("solver", "weak")},
        annotators={
            "mc": {**MC, "probe": every, "rule": rule},
            "seen": {**MC, "policy": "weak", "probe": every, **changes},
        },
    )


CASES: dict[str, tuple[Fault, str]] = {
    "unknown recipe": (lambda _: ["check", "nonesuch"], "There is no recipe 'nonesuch'"),
    "unknown command": (lambda _: ["bulid"], "No such command"),
    "unknown option": (options("--colour"), "No such option"),
    "limit of nothing": (options("--limit", "0"), "greater than or equal to 1"),
    "setting without a value": (options("--set", "limit"), "write KEY=VALUE"),
    "setting of no key": (options("--set", "solve.sample=2"), "solve.sample: there is no such key"),
    "setting inside a value": (options("--set", "name.first=a"), "cannot be set: name is"),
    "model of no policy": (options("--model", "judge=m"), "there is no policy 'judge'"),
    "empty recipe": (recipe_of(""), "not the keys of a recipe"),
    "a list": (recipe_of("- a\n- b\n"), "holds list, not the keys of a recipe"),
    "broken yaml": (recipe_of("name: [tiny\n"), "is not YAML"),
    "recipe in latin-1": (recipe_of(b"name: \xe9t\xe9\n"), "is not UTF-8"),
    "unknown key": (changed(temprature=0.7), "temprature: there is no such key"),
    "unknown key inside": (changed(solve__temprature=0.7), "solve.temprature"),
    "unknown problem key": (changed(problems__colum="q"), "problems.colum"),
    "no name": (changed(name=None), "name: field required"),
    "name with a slash": (changed(name="a/b"), "name: string should match"),
    "no policies": (changed(policies={}), "names the policy 'solver'"),
    "unknown policy": (changed(solve__policy="nobody"), "names the policy 'nobody'"),
    "unknown engine": (
        changed(policies={"solver": {"engine": "abacus", "model": "m"}}),
        "input should be 'vllm', 'openai' or 'scripted'",
    ),
    "no annotators": (changed(annotators={}), "annotators"),
    "unknown annotator": (changed(labels={"from": "judge"}), "labels.from names 'judge'"),
    "unknown probe": (
        changed(annotators={"mc": {**MC, "probe": {"method": "ternary"}}}),
        "annotators.mc.probe.method",
    ),
    "unknown rule": (changed(annotators__mc__rule={"method": "firm"}), "annotators.mc.rule.method"),
    "no draws": (
        changed(annotators={"mc": {**MC, "probe": {"method": "exhaustive", "draws": 0}}}),
        "draws must be at least 1, not 0",
    ),
    "draws for other bins": (
        changed(annotators={"mc": {**MC, "probe": {"method": "exhaustive", "draws": [8, 16]}}}),
        "annotators.mc.probe.draws has 2 numbers, and solve.difficulty_edges makes 5 bins",
    ),
    "draws in words": (
        changed(annotators={"mc": {**MC, "probe": {"method": "exhaustive", "draws": "many"}}}),
        "annotators.mc.probe.draws",
    ),
    "binary on right answers": (
        changed(annotators={"mc": {**MC, "probe": {"method": "binary"}}}),
        "set right_answers to assume_correct or drop",
    ),
    "infinite temperature": (changed(solve__temperature=float("inf")), "solve.temperature"),
    "negative temperature": (changed(solve__temperature=-1), "solve.temperature"),
    "no samples": (changed(solve__samples=0), "solve.samples"),
    "solve rates that fall": (
        changed(solve__solve_rate=[0.8, 0.2]),
        "two shares in [0, 1], rising",
    ),
    "a solve rate above one": (changed(solve__solve_rate=[0, 1.5]), "two shares in [0, 1], rising"),
    "edges that fall": (changed(solve__difficulty_edges=[0.9, 0.1]), "must rise within (0, 1]"),
    "an edge at nothing": (changed(solve__difficulty_edges=[0, 0.5]), "must rise within (0, 1]"),
    "a quota below one round": (
        changed(solve__quota={"correct": 1, "incorrect": 1, "max_draws": 1}),
        "quota.max_draws is 1, and the first round alone has 2",
    ),
    "a quota of one outcome": (
        changed(solve__quota={"correct": 0, "incorrect": 1, "max_draws": 8}),
        "at least one of each outcome",
    ),
    "an unknown key of a quota": (
        changed(solve__quota={"correct": 1, "incorrect": 1, "max_draws": 8, "by": "luck"}),
        "solve.quota.by",
    ),
    "no policy that solves": (changed(solve__policy=[]), "solve.policy"),
    "a policy that solves twice": (
        changed(solve__policy=["solver", "solver"]),
        "policy names one twice",
    ),
    "two names of one model": (
        changed(
            policies={name: {"engine": "openai", "model": "m"} for name in ("solver", "again")},
            solve__policy=["solver", "again"],
        ),
        "'solver' and 'again', which are one and the same model (m)",
    ),
    "a prover that is nobody": (prover("other"), "rule.prover names 'other'; annotators"),
    "a prover that is the policy itself": (
        prover("seen", policy="solver"),
        "whose policy is 'solver' too",
    ),
    "a prover that draws nothing from the bare problem": (
        prover("seen", probe={"method": "exhaustive"}),
        "must draw from the bare problem",
    ),
    "a prover that skips right answers": (
        prover("seen", right_answers="drop"),
        "treat right answers alike (probe)",
    ),
    "unknown prompt": (changed(solve__prompt="polite"), "There is no prompt named 'polite'"),
    "unknown segmenter": (changed(segment={"method": "page"}), "segment.method"),
    "splits over one": (changed(splits={"train": 0.9, "test": 0.2}), "sum to 1"),
    "both sources": (
        changed(solutions={"path": "x.jsonl", "statement": "q", "text": "t"}),
        "either `problems` or `solutions`",
    ),
    "missing problems": (changed(problems__path="nope.jsonl"), "nope.jsonl"),
    "missing column": (changed(problems__statement="frage"), "frage"),
    "missing script": (
        changed(policies={"solver": {"engine": "scripted", "model": "nope"}}),
        "The script",
    ),
    "hosted without address": (
        changed(policies={"solver": {"engine": "openai", "model": "m"}}),
        "has no address",
    ),
    "missing model folder": (
        changed(policies={"solver": {"engine": "vllm", "model": "./no/model"}}),
        "holds no config.json",
    ),
    "no reference column": (changed(problems__reference=None), "without a reference answer"),
    "empty file": (problems_of(b""), "problems.jsonl"),
    "not json": (problems_of(b"hello\n"), "broken_json"),
    "nul bytes": (problems_of(b'{"question": "a\x00", "answer": "1"}\n'), "problems.jsonl"),
    "latin-1": (problems_of('{"question": "é", "answer": "1"}\n'.encode("latin-1")), "not_utf8"),
    "null answer": (rows_of({"question": "q", "answer": None}), "no_reference"),
    "a megabyte": (rows_of({"question": "x" * 1_000_000, "answer": "1"}), "too_long"),
    "more bad rows than may be": (
        rows_of(GOOD, {"question": "q"}),
        "1 of 2 rows cannot be used (missing_column 1), more than max_bad_share 0.05 allows",
    ),
    "answers of another form": (
        changed(problems__answer="hash"),
        (
            "the first, line 1: answer holds no answer of the form hash: '4'. Say how the column "
            "holds it, e.g. --set problems.answer=plain"
        ),
    ),
    "a table": (problems_of(b"question,answer\nq,1\n"), "name a table .csv"),
    "empty statement": (rows_of({"question": " ", "answer": "1"}), "empty_statement"),
    "build into a file": (build_into_a_file, "cannot be used as a build folder"),
    "build among other files": (build_among_other_files, "is not empty and holds no build"),
    "build over another recipe": (build_over_another_recipe, "was begun with another recipe"),
    "server down at a check": (
        served("http://127.0.0.1:9/v1", command="check"),
        "Nobody answers at",
    ),
    "server down": (served("http://127.0.0.1:9/v1"), "Nobody answers at"),
    "address that is none": (served("localhost"), "is no http(s) address"),
    "status of nothing": (lambda folder: ["status", str(folder)], "holds no build"),
    "show of nothing": (lambda folder: ["show", str(folder)], "holds no build"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_one_clear_message(case, tmp_path, monkeypatch, capsys):
    fault, message = CASES[case]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stepmark", *fault(tmp_path)])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr().err
    assert left.value.code not in (0, None)
    assert message in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"annotators": {"mc": {**MC, "method": "montecarlo"}}},
            (
                f"annotators.mc.method: {ONE_OF} 'monte_carlo', 'judge', 'verifier', 'injected', "
                "'preferences', 'people', 'step_scores' ('montecarlo')"
            ),
        ),
        (
            {"annotators": {"mc": {**MC, "probe": {"method": "binary", "drawz": 8}}}},
            "annotators.mc.probe.drawz: there is no such key (8)",
        ),
        (
            {"annotators__mc__rule": "hard"},
            "annotators.mc.rule: input should be keys and values, `method` among them ('hard')",
        ),
        (
            {"labels": {"from": {"of": ["mc"], "method": "vote"}}},
            (
                f"labels.from.method: {ONE_OF} 'same_first_error', 'same_labels', 'same_steps', "
                "'weighted', 'first_to_tell' ('vote')"
            ),
        ),
    ],
)
def test_a_block_that_is_no_method_is_one_fault(tmp_path, changes, fault):
    with pytest.raises(RecipeError) as refused:
        load_recipe(str(arrange(tmp_path, **changes)))
    assert str(refused.value).splitlines()[1:] == [f"  {fault}"]


def test_yaml_that_breaks_names_file_and_line(tmp_path):
    (tmp_path / "mine.yaml").write_text("name: a\nsolve: [1\nlabels: b\n")
    with pytest.raises(RecipeError, match=r'mine.yaml", line 3'):
        load_recipe(str(tmp_path / "mine.yaml"))


def test_code_without_a_sandbox_is_refused_with_the_line_that_installs_it(
    tmp_path, monkeypatch, capsys
):
    problems = {"path": "problems.jsonl", "statement": "question", "kind": "code", "tests": "tests"}
    arguments = rows_of({"question": "q", "tests": "assert f()"}, problems=problems)(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["stepmark", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    assert "apt-get install bubblewrap" in capsys.readouterr().err


def test_a_bad_row_among_good_ones_is_told_and_stops_nothing(tmp_path, monkeypatch, capsys):
    path = arrange(tmp_path, problems__max_bad_share=0.5)
    rows = [GOOD, {"question": "q", "answer": None}, GOOD]
    write_jsonl(tmp_path / "problems.jsonl", rows)
    monkeypatch.setattr(sys, "argv", ["stepmark", *check(path)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    said = "1 of the first 3 rows are usable (no_reference 1, first in line 2; duplicate 1, first"
    assert said in capsys.readouterr().out


def test_a_model_the_server_does_not_have_is_named_before_the_first_token(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with FakeServer(model="served") as server:
        arguments = served(server.url)(tmp_path)
        monkeypatch.setattr(sys, "argv", ["stepmark", *arguments, "--model", "wanted"])
        with pytest.raises(SystemExit) as left:
            main()
    said = capsys.readouterr().err
    assert left.value.code == 1
    assert "wanted" in said
    assert "served" in said
    assert "Traceback" not in said
    assert not server.draws


def test_a_check_finds_that_no_vllm_is_installed(tmp_path, monkeypatch, capsys):
    path = arrange(tmp_path, policies={"solver": {"engine": "vllm", "model": "m"}})
    monkeypatch.setenv("STEPMARK_VLLM", str(tmp_path / "nowhere"))
    monkeypatch.setattr(sys, "argv", ["stepmark", *check(path)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    assert "There is no vLLM executable at" in capsys.readouterr().err


@pytest.mark.usefixtures("prefect_server")
def test_bad_rows_are_kept_with_their_line_and_reason(tmp_path):
    path = arrange(tmp_path, problems__max_bad_share=0.5)
    good = (tmp_path / "problems.jsonl").read_bytes().splitlines(keepends=True)
    cut = b'{"question": "What is 1 + 1?", "ans\n'
    (tmp_path / "problems.jsonl").write_bytes(b"".join([*good, good[0], cut]))
    build(path, tmp_path / "out")
    rejects = read_shard(tmp_path / "out" / "tiny" / "rejects" / "00000.parquet", Reject)
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (len(good) + 1, "duplicate"),
        (len(good) + 2, "broken_json"),
    ]


@pytest.mark.usefixtures("prefect_server")
def test_a_full_disk_stops_the_build_with_one_message(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    (tmp_path / "out" / "tiny" / "runs.jsonl").mkdir(parents=True)  # which cannot be written either
    with pytest.raises(StorageError, match="cannot be written: No space left on device"):
        build(arrange(tmp_path), tmp_path / "out")
