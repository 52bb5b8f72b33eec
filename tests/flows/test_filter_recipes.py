"""Shipped recipes with filters, built: what each line of them drops."""

from __future__ import annotations

import json
from collections import Counter

import pytest
import yaml

from flows.recipe_file import find_recipe
from flows.show import solutions
from tests.flows.arrange import arrange, build, question, write_jsonl
from tests.flows.test_recipes import arrange as arrange_shipped

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_scan_balances_the_solutions_of_confident_problems(tmp_path):
    """Of 128 attempts 96 are right."""
    path = arrange_shipped(tmp_path, "scan-filtered")
    manifest = build(path, tmp_path / "out")
    rows = Counter(row.outcome for row in solutions(tmp_path / "out" / "scan-filtered"))
    assert rows["correct"] == rows["incorrect"] == manifest.counts["solutions"]["incorrect"]
    assert manifest.counts["dropped"] == {"balance_outcome": 128 - 2 * rows["incorrect"]}


def test_a_problem_of_a_benchmark_and_poor_steps_go_with_the_whole_chain(tmp_path):
    filters = yaml.safe_load(find_recipe("filtered").read_text())["filters"]
    for benchmark in filters[1]["benchmarks"].values():
        column = benchmark["statement"]
        write_jsonl(tmp_path / benchmark["path"], [{column: "What is 100 - 1?"}])
    write_jsonl(tmp_path / "gsm8k_test.jsonl", [{"question": question(1, 2).upper()}])
    manifest = build(arrange(tmp_path, filters=filters), tmp_path / "out")
    assert manifest.counts["dropped"] == {"in_gsm8k": 2, "wrong_answer_good_steps": 4}
    curve = json.loads((tmp_path / "out/tiny/filters/05-isotonic.json").read_text())
    assert (curve["values"], curve["rates"]) == ([0.0, 1.0], [0.0, pytest.approx(2 / 3)])


def test_fovers_last_steps_are_as_often_wrong_as_right(tmp_path):
    filters = yaml.safe_load(find_recipe("fover-balanced").read_text())["filters"]
    filters[0]["probability"] = 1.0
    manifest = build(arrange(tmp_path, filters=filters), tmp_path / "out")
    rows = list(solutions(tmp_path / "out" / "tiny"))
    ends = Counter((row.answer is not None, row.verdicts[-1]) for row in rows)
    assert ends == {
        (False, "incorrect"): 2,
        (False, "correct"): 2,
        (True, "incorrect"): 2,
        (True, "correct"): 2,
    }
    assert {row.verdicts[:-1] for row in rows} == {(), ("unlabelled",)}
    assert manifest.counts["dropped"] == {"balance_errors": 3, "balance_last_step": 6}
