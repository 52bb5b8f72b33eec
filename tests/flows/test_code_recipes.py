"""Shipped recipes that run programs, built through the real flow in the real sandbox.

The problem is HumanEval's first (tests/stepmark/problems/samples), the policies are scripted.
"""

from __future__ import annotations

import gzip
import json
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.recipe_file import find_recipe
from flows.show import solutions
from stepmark.records import Rollout
from storage.rows import LabelledSolution
from storage.shards import read_shard
from tests.flows.arrange import build, files_of, write_jsonl
from tests.stepmark.problems.reading import SAMPLES

pytestmark = pytest.mark.usefixtures("prefect_server")

HUMANEVAL = json.loads(
    gzip.decompress((SAMPLES / "humaneval.jsonl.gz").read_bytes()).split(b"\n")[0]
)
OPENED = "Sort them first.\n```python\n"
SOUND = (
    "def has_close_elements(numbers, threshold):\n",
    "    numbers = sorted(numbers)\n",
    "    for a, b in zip(numbers, numbers[1:]):\n",
)
RIGHT = ("        if b - a < threshold:\n", "            return True\n", "    return False\n")
WRONG = ("        if b - a > threshold:\n", *RIGHT[1:])
LETTERS = {"correct": "C", "incorrect": "I", "neutral": "N", "unlabelled": "?"}


def arrange(folder: Path, name: str, script: list[dict[str, Any]], **changes: Any) -> Path:
    """Write a shipped recipe for a scripted policy and the first problem of HumanEval."""
    plain: dict[str, Any] = yaml.safe_load(find_recipe(name).read_text(encoding="utf-8"))
    plain["policies"] = {
        policy: {"engine": "scripted", "model": "script.jsonl"} for policy in plain["policies"]
    }
    plain["solve"] |= {"prompt": "bare"}
    for key, value in changes.items():
        plain[key] |= value
    write_jsonl(folder / "problems.jsonl", [HUMANEVAL])
    write_jsonl(folder / "script.jsonl", script)
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(plain), encoding="utf-8")
    return path


def letters_of(row: LabelledSolution) -> str:
    return "".join(LETTERS[verdict] for verdict in row.verdicts)


def program(lines: tuple[str, ...]) -> str:
    return OPENED + "".join(lines) + "```\nThat is all."


def ps_gpo_script() -> list[dict[str, Any]]:
    """Two attempts of eight are wrong, in the same way and in another; their fourth line is."""
    wrong, endless = (*SOUND, *WRONG), (*SOUND[:2], "    while True: pass\n")
    bare = [program((*SOUND, *RIGHT))] * 6 + [program(wrong), program(endless)]
    rows = {"": bare}
    for prefix in accumulate(wrong[:-1]):
        right = "".join((*SOUND, *RIGHT)).removeprefix(prefix)
        goes_on = "".join(wrong).removeprefix(prefix) if WRONG[0] in prefix else right
        rows[OPENED + prefix] = [f"{goes_on}```"] * 20
    user = HUMANEVAL["prompt"]
    return [{"user": user, "prefix": p, "completions": texts} for p, texts in rows.items()]


def test_ps_gpo_finds_the_first_wrong_line_by_running_completions(tmp_path):
    path = arrange(tmp_path, "ps-gpo", ps_gpo_script())
    build(path, tmp_path / "out")
    rows = {row.steps: row for row in solutions(tmp_path / "out" / "ps-gpo")}
    wrong = rows[*SOUND, *WRONG]
    assert (letters_of(wrong), wrong.first_error, wrong.answer) == ("CCCIII", 3, ".F.F..F.")
    assert letters_of(rows[*SOUND, *RIGHT]) == "CCCCCC"
    assert rows[*SOUND[:2], "    while True: pass\n"].answer == "T------T"
    rollouts = read_shard(tmp_path / "out/ps-gpo/rollouts/mc/00000.parquet", Rollout)
    mine = [r for r in rollouts if r.solution_id == wrong.id]
    assert {(r.position, r.outcome, r.own) for r in mine} == {
        (3, "correct", False),
        (4, "incorrect", True),  # it fails the same tests as the solution
    }


def test_a_build_that_runs_programs_is_replayed_without_servers(tmp_path):
    path = arrange(tmp_path, "ps-gpo", ps_gpo_script())
    build(path, tmp_path / "out")
    before = files_of(tmp_path / "out" / "ps-gpo")
    build(path, tmp_path / "out", replace=True, offline=True)
    assert files_of(tmp_path / "out" / "ps-gpo") == before
