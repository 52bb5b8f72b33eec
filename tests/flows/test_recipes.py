"""Shipped recipes, built through the real flow: what each says of one and the same solution.

The solution has seven steps and a wrong answer. Of every four draws from its bare problem three are
right; from its prefixes 8, 5, 4, 1, 0 and 1 of every eight. Only the model and the problems are
exchanged: every other line of the recipe does its work.
"""

from __future__ import annotations

from itertools import accumulate, cycle, islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.recipe import find_recipe
from flows.show import solutions
from storage.rows import LabelledSolution
from tests.flows.arrange import build, write_jsonl

pytestmark = pytest.mark.usefixtures("prefect_server")

QUESTION = "What is 1 + 1?"
STEPS = [f"Step {i}: so be it.\n" for i in range(1, 7)] + ["Step 7: The answer is 3."]
RIGHT, WRONG = "Step 1: The answer is 2.", "Step 1: The answer is 3."
RATES = ("11111111", "10110110", "10101010", "10000000", "00000000", "10000000")
"""Which of every eight draws succeed, by prefix."""
DRAWS = 140

LETTERS = {"correct": "C", "incorrect": "I", "unlabelled": "?"}
EXPECTED: dict[str, tuple[str, list[float | None]]] = {
    "math-shepherd": ("CCCCICI", [1, 1, 1, 1, 0, 1, 0]),
    "omegaprm-search": ("CCCCI??", [None, None, 1, 1, 0, None, None]),
    "er-prm": ("CCCCICI", [1, 0.7294, 0.6201, 0.1946, 0, 0.1946, 0]),
    "genprm": ("CICIIII", [1, 0.625, 0.5, 0.125, 0, 0, 0]),
    "stepwiser": ("CCCIICI", [1, 0.625, 0.5, 0.125, 0, 0.125, 0]),
    "stepwiser-ratio": ("CIIIICI", [1, 0.625, 0.5, 0.125, 0, 0.125, 0]),
    "pav": ("CCCIICI", [1, 0.65, 0.5, 0.15, 0, 0.15, 0]),
    "unprm-relative": ("CIIIIII", [1, 0.625, 0.5, 0.125, 0, 0.125, 0]),
    "unprm": ("CIIIIII", [1, 0.625, None, None, None, None, 0]),
    "scan": ("CCCCI??", [1, 1, 0.6667, 0.1667, 0, None, None]),
    "glore": ("CCCCCCI", [1, 1, 1, 1, 1, 1, 0]),
    "snell-soft": ("CCCCICI", [1, 0.625, 0.5, 0.125, 0, 0.125, 0]),
}


def arrange(folder: Path, name: str) -> Path:
    """Write the shipped recipe for a scripted policy that is asked a single problem."""
    plain: dict[str, Any] = yaml.safe_load(find_recipe(name).read_text(encoding="utf-8"))
    plain["problems"]["answer"] = "plain"
    plain["policies"] = {
        policy: {"engine": "scripted", "model": "script.jsonl"} for policy in plain["policies"]
    }
    plain["solve"] |= {"samples": 2, "prompt": "bare"}
    plain["segment"] = {"method": "step_markers"}
    write_jsonl(folder / "problems.jsonl", [{"question": QUESTION, "answer": "2"}])
    write_jsonl(folder / "script.jsonl", list(script()))
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(plain), encoding="utf-8")
    return path


def script() -> list[dict[str, Any]]:
    """Draw 0 of the bare problem is right, draw 1 the solution with seven steps."""
    bare = [RIGHT, "".join(STEPS), *islice(cycle([RIGHT, RIGHT, WRONG, RIGHT]), DRAWS)]
    rows = [{"user": QUESTION, "prefix": "", "completions": bare}]
    for prefix, rate in zip(accumulate(STEPS[:-1]), RATES, strict=True):
        ends = ["The answer is 2." if hit == "1" else "The answer is 5." for hit in rate]
        completions = list(islice(cycle(ends), DRAWS))
        rows.append({"user": QUESTION, "prefix": prefix, "completions": completions})
    return rows


def built(folder: Path, name: str) -> LabelledSolution:
    """Build a shipped recipe and return what it says of the wrong solution."""
    build(arrange(folder, name), folder / "out")
    (row,) = (r for r in solutions(folder / "out" / name) if r.outcome == "incorrect")
    return row


@pytest.mark.parametrize("name", EXPECTED)
def test_a_shipped_recipe_labels_as_its_paper_does(tmp_path, name):
    row = built(tmp_path, name)
    values = [None if value is None else round(value, 4) for value in row.values]
    assert ("".join(LETTERS[verdict] for verdict in row.verdicts), values) == EXPECTED[name]


def test_no_two_recipes_say_the_same():
    assert len({str(said) for said in EXPECTED.values()}) == len(EXPECTED)
