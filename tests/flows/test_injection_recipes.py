"""Recipes with a known first error or a fused one, built from real problems by scripted policies.

The problems are GSM8K's, the right solution of each is its own, line by line, and the wrong one
has another last line. Only models and problems are exchanged: every other line of the recipe works.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from annotators.asking import prompt_id
from annotators.injections import Injection
from annotators.injections.prmbench import SEVERAL
from annotators.injections.versaprm_errors import TYPES
from flows.plan import plan
from flows.recipe_file import find_recipe, load_recipe
from flows.runtime import Runtime
from flows.show import find_solution, solutions
from flows.trace import trace
from stepmark.errors import RecipeError
from stepmark.records import Finding
from storage.rows import LabelledSolution
from storage.shards import read_shard
from tests.annotators.injections.written import flawed, tagged
from tests.fakes.factories import a_problem, a_solution
from tests.flows.arrange import build, files_of, write_jsonl

pytestmark = pytest.mark.usefixtures("prefect_server")

SAMPLES = Path(__file__).parents[1] / "stepmark/problems/samples/gsm8k.jsonl"
ROWS = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()][:2]

WRONG = "So the answer is 8."


def right_steps(row: dict[str, str]) -> list[str]:
    lines = re.sub("<<.*?>>", "", row["answer"]).split("\n")
    *steps, last = lines
    return [*(f"{step}\n\n" for step in steps), f"The answer is {last.removeprefix('#### ')}."]


def wrong_steps(row: dict[str, str]) -> list[str]:
    return [*right_steps(row)[:-1], "7 + 7 = 15, so the answer is 15."]


def arrange(
    folder: Path, name: str, *, errors: int | None = None, another: str = "", spoiled: str = WRONG
) -> Path:
    """Write a shipped recipe for scripted policies.

    `another` ends a second right solution, `spoiled` the spoiled ones.
    """
    plain: dict[str, Any] = yaml.safe_load(find_recipe(name).read_text(encoding="utf-8"))
    plain["policies"] = {
        policy: {"engine": "scripted", "model": f"{policy}.jsonl"} for policy in plain["policies"]
    }
    plain["solve"] |= {"prompt": "bare", "samples": 2}
    if errors is not None:
        plain["solve"]["inject"]["errors"] = errors
    write_jsonl(folder / "problems.jsonl", ROWS)
    write_jsonl(folder / "solver.jsonl", [
        {"user": row["question"], "prefix": "",
         "completions": ["".join(right_steps(row)), "".join(wrong_steps(row))]}
        for row in ROWS
    ])  # fmt: skip
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(plain), encoding="utf-8")
    if (inject := load_recipe(str(path))[0].solve.inject) is not None:
        write_jsonl(folder / "writer.jsonl", list(writer_script(inject, another, spoiled)))
    return path


def writer_script(inject: Injection, another: str, spoiled: str):
    """Its replies for every kind: it spoils step 1, and cannot be read on the second problem."""
    for number, row in enumerate(ROWS):
        steps = right_steps(row)
        problem = a_problem(row["question"])
        for kind in inject.kinds:
            asked = inject.question(kind, problem, a_solution(steps, problem=problem))
            reply = tagged("I add them up.", another or steps[-1])
            if kind != SEVERAL:
                after = () if inject.method == "versaprm_errors" else (spoiled,)
                reply = flawed("That is 3 + 4 = 8.", *after)
            reply = "I would rather not." if number else reply
            yield {"user": asked.messages[0].content, "prefix": "", "completions": [reply]}


def built(folder: Path, name: str, **changes: Any) -> list[LabelledSolution]:
    build(arrange(folder, name, **changes), folder / "out")
    return list(solutions(folder / "out" / name))


@pytest.mark.parametrize(
    ("name", "errors", "labels", "outcome"),
    [
        ("versaprm-augment", 7, ("correct", "incorrect"), "unknown"),
        ("prmbench-inject", 8, ("correct", "incorrect", "unlabelled"), "incorrect"),
        ("socratic-inject", 20, ("correct", "incorrect", "unlabelled"), "incorrect"),
    ],
)
def test_spoiled_solutions_have_their_error_where_it_was_put(
    tmp_path, name, errors, labels, outcome
):
    rows = built(tmp_path, name, errors=20, another="The answer is 15.")
    spoiled = [row for row in rows if row.first_error is not None]
    right = [row for row in rows if row.first_error is None]
    assert [(row.verdicts, row.outcome) for row in spoiled] == [(labels, outcome)] * errors
    assert {row.steps[:2] for row in spoiled} == {
        (right_steps(ROWS[0])[0], "That is 3 + 4 = 8." + "\n\n")
    }
    assert sorted(row.steps for row in right) == sorted(tuple(right_steps(r)) for r in ROWS)
    assert all(set(row.verdicts) == {"correct"} for row in right)
    assert {row.semantics for row in rows} == {"correctness"}
    writer = {policy for row in spoiled for policy in row.step_policies[1:]}
    assert len(writer) == 1
    assert all(row.step_policies[0] not in writer for row in spoiled)


def test_an_error_that_should_have_changed_the_answer_and_did_not_is_no_label(tmp_path):
    """Five of PRMBench's eight flaws should; the spoiled solutions end in the right answer."""
    path = arrange(tmp_path, "prmbench-inject", errors=9, spoiled=right_steps(ROWS[0])[-1])
    manifest = build(path, tmp_path / "out")
    rows = list(solutions(tmp_path / "out" / "prmbench-inject"))
    spoiled = [row.verdicts for row in rows if row.steps[1].startswith("That is 3 + 4 = 8.")]
    assert Counter(spoiled) == {
        ("correct", "incorrect", "unlabelled"): 3, ("correct", "unlabelled", "unlabelled"): 5,
    }  # fmt: skip
    assert manifest.counts["verdicts"]["known"]["unlabelled: still_right"] == 10
    assert {row.outcome for row in rows} == {"correct"}


def test_several_solutions_of_a_problem_are_right_in_every_step(tmp_path):
    rows = built(tmp_path, "prmbench-inject", errors=9)
    (another,) = [row for row in rows if row.steps[0] == "I add them up.\n\n"]
    assert another.outcome == "correct"
    assert another.verdicts == ("correct", "correct")
    sampled = {row.step_policies[0] for row in rows if row is not another}
    assert not sampled & set(another.step_policies)


def test_another_solution_that_is_not_right_is_dropped(tmp_path):
    manifest = build(
        arrange(tmp_path, "prmbench-inject", errors=9, another="The answer is 15."),
        tmp_path / "out",
    )
    assert manifest.counts["dropped"]["wrong_answer"] == 1
    assert not [
        row
        for row in solutions(tmp_path / "out" / "prmbench-inject")
        if row.steps[0] == "I add them up.\n\n"
    ]


def test_the_prompt_that_asked_is_on_record(tmp_path):
    built(tmp_path, "prmbench-inject", errors=9)
    root = tmp_path / "out" / "prmbench-inject"
    asked = {
        f.solution_id: f.prompt for f in read_shard(root / "findings/known/00000.parquet", Finding)
    }
    assert Counter(asked.values()) == {
        prompt_id("prmbench"): 8, prompt_id("prmbench_multi_solutions"): 1, None: 4,
    }  # fmt: skip


def test_replies_that_are_no_use_are_dropped_with_their_reason(tmp_path):
    manifest = build(arrange(tmp_path, "versaprm-augment"), tmp_path / "out")
    assert manifest.counts["dropped"] == {"all_unlabelled": 2, "missing_field": 4}


def test_the_kind_of_error_and_its_explanation_are_the_evidence(tmp_path):
    rows = built(tmp_path, "versaprm-augment")
    root = tmp_path / "out" / "versaprm-augment"
    findings = read_shard(root / "findings/known/00000.parquet", Finding)
    said = {finding.evidence for finding in findings if finding.verdict == "incorrect"}
    assert len(said) == 4
    assert {text.partition(": ")[0] for text in said} < set(TYPES)
    row = next(row for row in rows if row.first_error is not None)
    traced = trace(root, find_solution(root, row.id), root.parent / "ledger")
    assert traced.findings[1].evidence in said


def test_a_build_with_injection_is_replayed_without_servers(tmp_path):
    path = arrange(tmp_path, "prmbench-inject")
    build(path, tmp_path / "out")
    before = files_of(tmp_path / "out" / "prmbench-inject")
    build(path, tmp_path / "out", replace=True, offline=True)
    assert files_of(tmp_path / "out" / "prmbench-inject") == before


def test_the_plan_counts_what_is_written(tmp_path):
    recipe, base = load_recipe(str(arrange(tmp_path, "versaprm-augment")))
    table, _ = plan(recipe, Runtime(out=tmp_path / "out", base=base))
    assert list(table.columns[0].cells)[:2] == ["solve", "inject"]
    assert list(table.columns[1].cells)[1] == "16"


def test_labels_by_construction_need_an_injection(tmp_path):
    path = arrange(tmp_path, "versaprm-augment")
    plain = json.loads(path.read_text())
    del plain["solve"]["inject"]
    path.write_text(json.dumps(plain))
    with pytest.raises(RecipeError, match=r"solve\.inject is not set"):
        load_recipe(str(path))


def test_groundedprm_fuses_what_the_tool_found_with_the_outcome(tmp_path):
    """Right solutions are sound all along; the wrong ones' true sums contradict their outcome."""
    manifest = build(arrange(tmp_path, "groundedprm"), tmp_path / "out")
    rows = list(solutions(tmp_path / "out" / "groundedprm"))
    assert [row.outcome for row in rows] == ["correct", "correct"]
    assert {verdict for row in rows for verdict in row.verdicts} == {"correct"}
    assert {row.semantics for row in rows} == {"potential"}
    assert manifest.counts["dropped"] == {"contradicted": 2}
