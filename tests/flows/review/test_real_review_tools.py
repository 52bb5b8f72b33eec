"""Exports read, answered and written back by the review tools' own SDKs (`make review-tools`)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from flows.review import Tool
from flows.review.choices import CANNOT_TELL, NONE_WRONG
from flows.review.doubt import Doubted
from flows.review.queue import Item
from flows.review.transfer import take_export, write_queue
from stepmark.reviews import read_reviews
from tests.fakes.factories import a_problem, a_review
from tests.flows.review.arrange import solutions

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-review" / "bin" / "python"
TWO = solutions(2)
HOSTILE = "<script>alert(1)</script> & $problem"
ANSWERS = [
    (TWO[0].id, "ann@example.org", "step 1", "7·2 is 14"),
    (TWO[0].id, "7", NONE_WRONG, ""),
    (TWO[1].id, "7", CANNOT_TELL, "too hard"),
]

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason="there is no .venv-review: make review-tools"
)


def exported(tool: Tool, folder: Path) -> tuple[dict[str, Any], Path]:
    """Write a queue, let the tool's SDK read and answer it; return what it read, and its export."""
    problem = a_problem(HOSTILE, id=TWO[0].problem_id)
    items = [Item(Doubted(each.id, 0.5, {}, {}), problem, each) for each in TWO]
    write_queue(items, tool, folder / "out", "b")
    script, export = ROOT / "tests/consumers/review_tools.py", folder / "export.json"
    command = [
        str(PYTHON),
        str(script),
        tool,
        str(folder / "out"),
        json.dumps(ANSWERS),
        str(export),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout.splitlines()[-1]), export


def taken(tool: Tool, export: Path, folder: Path) -> list[Any]:
    take_export(export, tool, folder / "r.jsonl", {each.id: each for each in TWO}, None)
    return [entry.review for entry in read_reviews(folder / "r.jsonl")]


def test_argilla_imports_the_folder_and_its_export_comes_back(tmp_path):
    read, export = exported("argilla", tmp_path)
    assert read["fields"][0]["problem"] == HOSTILE
    assert read["labels"] == ["step 0", "step 1", "step 2", NONE_WRONG, CANNOT_TELL]
    assert read["markdown"] == [False] * 3
    ann, seven, _ = read["people"]
    assert taken("argilla", export, tmp_path) == [
        a_review(TWO[0], 1, reviewer=ann, note="7·2 is 14"),
        a_review(TWO[0], reviewer=seven),
        a_review(TWO[1], reason="too hard", reviewer=seven),
    ]


def test_label_studio_accepts_configuration_tasks_and_results(tmp_path):
    read, export = exported("label-studio", tmp_path)
    assert read == {"tasks": 2, "controls": ["first_error", "note"]}
    assert taken("label-studio", export, tmp_path) == [
        a_review(TWO[0], 1, reviewer="ann@example.org", note="7·2 is 14"),
        a_review(TWO[0], reviewer="label-studio-7"),
        a_review(TWO[1], reason="too hard", reviewer="label-studio-7"),
    ]
