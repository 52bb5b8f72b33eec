"""The benchmark of prompts against a server that stands in for vLLM."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.prompts import Material, cut, first_rows, measure, plain_of, prompting_recipes
from flows.runtime import Runtime
from tests.fakes.openai_server import FakeServer
from tests.flows.arrange import write_jsonl

ROW = {"question": "What is 1 + 1?", "answer": "It is 2.\n#### 2"}
SOLUTION = "1 + 1 is asked for.\n\nThe answer is \\boxed{2}."


@pytest.fixture
def material(tmp_path: Path) -> Material:
    problems = write_jsonl(tmp_path / "problems.jsonl", [ROW])
    return Material(model="model", problems=problems, programs=problems)


def test_recipes_that_ask_for_nothing_but_solutions_and_rollouts_are_left_out():
    names = prompting_recipes()
    assert {"capo", "self-rewarding", "prmbench-inject", "prlcoder", "fusion"} <= set(names)
    assert not {"math-shepherd", "adaptive", "groundedprm", "mutants", "ps-gpo"} & set(names)


@pytest.mark.parametrize("name", prompting_recipes())
def test_every_recipe_that_prompts_can_be_cut_down(name, material):
    recipe = cut(plain_of(name), material)
    assert recipe.name == name
    assert {block.model for block in recipe.policies.values()} == {"model"}


@pytest.mark.usefixtures("prefect_server")
def test_replies_that_are_used_and_replies_that_are_not_are_counted(tmp_path, material):
    def writer(prompt: str, address: str, draw: int) -> str:
        if "<step_0>" in prompt:
            return "Grades:\nstep_0: GOOD\nstep_1: GOOD\n\\boxed{-1}" if draw == 0 else "Hm."
        return SOLUTION

    with FakeServer(model="model", writer=writer) as server:
        runtime = Runtime(out=tmp_path / "runs", base=tmp_path, addresses={"model": (server.url,)})
        quiet = Console(file=io.StringIO())
        figures = measure(["versaprm", "versaprm-augment"], material, runtime, quiet)
    assert figures["versaprm"] == {"used": 2}
    assert "used" not in figures["versaprm-augment"]
    assert sum(figures["versaprm-augment"].values()) > 0


def test_the_first_lines_of_a_compressed_file_are_taken(tmp_path):
    source = tmp_path / "rows.jsonl.gz"
    with gzip.open(source, "wt") as rows:
        rows.write("".join(json.dumps({"n": n}) + "\n" for n in range(5)))
    taken = first_rows(source, 2, tmp_path / "taken.jsonl")
    assert [json.loads(line)["n"] for line in taken.read_text().splitlines()] == [0, 1]
