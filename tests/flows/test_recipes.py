"""Shipped recipes, built through the real flow: what each says of one and the same solution.

The solution has seven steps and a wrong answer. Of every four draws from its bare problem three are
right; from its prefixes 8, 5, 4, 1, 0 and 1 of every eight. Only the model and the problems are
exchanged: every other line of the recipe does its work. Every policy has a script of its own; they
say the same, but for the prover's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, cycle, islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.recipe_file import find_recipe
from flows.show import solutions
from storage.rows import LabelledSolution
from tests.flows.arrange import build, write_jsonl

pytestmark = pytest.mark.usefixtures("prefect_server")

QUESTION = "What is 1 + 1?"
STEPS = [f"Step {i}: so be it.\n" for i in range(1, 7)] + ["Step 7: The answer is 3."]
RIGHT, WRONG = "Step 1: The answer is 2.", "Step 1: The answer is 3."
USUAL = (RIGHT, RIGHT, WRONG, RIGHT)
"""Attempts at the bare problem from draw 2 on, over and over."""
RATES = ("11111111", "10110110", "10101010", "10000000", "00000000", "10000000")
"""Which of every eight draws succeed, by prefix."""
PROVER_RATES = ("10101010", "11111111", "11011101", "10101010", "10101010", "00000000")
DRAWS = 140

KEPT = {
    "math-shepherd": (6, 2),
    "omegaprm-search": (6, 2),
    "er-prm": (12, 4),
    "genprm": (8, 8),
    "stepwiser": (12, 4),
    "stepwiser-ratio": (12, 4),
    "qwen-lessons": (6, 2),
    "pav-prover": (12, 4),
    "pav": (12, 4),
    "unprm-relative": (2, 6),
    "unprm": (6, 2),
    "scan": (16, 16),
    "glore": (6, 2),
    "snell-soft": (12, 4),
}
"""Right and wrong solutions: as the draws fall, a quarter wrong, or as a quota wants them."""
ROLLOUTS = {"genprm": 6 * 64 + 32, "pav-prover": 2 * 6 * 20 + 20, "snell-soft": 6 * 16}
"""What the labels of the seven steps rest on, where that is a recipe's own."""

LETTERS = {"correct": "C", "incorrect": "I", "unlabelled": "?"}
EXPECTED: dict[str, tuple[str, list[float | None]]] = {
    "math-shepherd": ("CCCCICI", [1, 1, 1, 1, 0, 1, 0]),
    "omegaprm-search": ("CCCCI??", [None, None, 1, 1, 0, None, None]),
    "er-prm": ("CCCCICI", [1, 0.7294, 0.6201, 0.1946, 0, 0.1946, 0]),
    "genprm": ("CICIIII", [1, 0.625, 0.5, 0.125, 0, 0, 0]),
    "stepwiser": ("CCCIICI", [1, 0.625, 0.5, 0.125, 0, 0.125, 0]),
    "stepwiser-ratio": ("CIIIICI", [1, 0.625, 0.5, 0.125, 0, 0.125, 0]),
    "qwen-lessons": ("CCCCI??", [1, 1, 1, 1, 0, None, None]),
    "pav-prover": ("CCIIIII", [1, 0.65, 0.5, 0.15, 0, 0.15, 0]),
    "pav": ("CCCIICI", [1, 0.65, 0.5, 0.15, 0, 0.15, 0]),
    "unprm-relative": ("CIIIIII", [1, 0.625, 0.5, 0.125, 0, 0.125, 0]),
    "unprm": ("CIIIIII", [1, 0.625, None, None, None, None, 0]),
    "scan": ("CCCCI??", [1, 1, 0.6667, 0.1667, 0, None, None]),
    "glore": ("CCCCCCI", [1, 1, 1, 1, 1, 1, 0]),
    "snell-soft": ("CCCCICI", [1, 0.625, 0.5, 0.125, 0, 0.125, 0]),
}


def arrange(folder: Path, name: str, attempts: Sequence[str] = USUAL) -> Path:
    """Write the shipped recipe for scripted policies that are asked a single problem."""
    plain: dict[str, Any] = yaml.safe_load(find_recipe(name).read_text(encoding="utf-8"))
    plain["problems"]["answer"] = "plain"
    for policy in plain["policies"]:
        plain["policies"][policy] = {"engine": "scripted", "model": f"{policy}.jsonl"}
        rates = PROVER_RATES if policy == "prover" else RATES
        write_jsonl(folder / f"{policy}.jsonl", list(script(rates, attempts)))
    plain["solve"]["prompt"] = "bare"
    plain["segment"] = {"method": "step_markers"}
    write_jsonl(folder / "problems.jsonl", [{"question": QUESTION, "answer": "2"}])
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(plain), encoding="utf-8")
    return path


def script(rates: Sequence[str], attempts: Sequence[str]) -> list[dict[str, Any]]:
    """Draw 0 of the bare problem is right, draw 1 the solution with seven steps."""
    bare = [RIGHT, "".join(STEPS), *islice(cycle(attempts), DRAWS)]
    rows = [{"user": QUESTION, "prefix": "", "completions": bare}]
    for prefix, rate in zip(accumulate(STEPS[:-1]), rates, strict=True):
        ends = ["The answer is 2." if hit == "1" else "The answer is 5." for hit in rate]
        completions = list(islice(cycle(ends), DRAWS))
        rows.append({"user": QUESTION, "prefix": prefix, "completions": completions})
    return rows


def built(folder: Path, name: str) -> list[LabelledSolution]:
    """Build a shipped recipe and return its data."""
    build(arrange(folder, name), folder / "out")
    return list(solutions(folder / "out" / name))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_shipped_recipe_keeps_and_labels_as_its_paper_does(tmp_path, name):
    rows = built(tmp_path, name)
    kept = Counter(row.outcome for row in rows)
    assert (kept["correct"], kept["incorrect"]) == KEPT[name]
    assert {(row.solve_rate, row.difficulty) for row in rows} == {(0.75, 1)}
    row = next(row for row in rows if row.steps == tuple(STEPS))
    assert row.rollouts == ROLLOUTS.get(name, row.rollouts)
    values = [None if value is None else round(value, 4) for value in row.values]
    assert ("".join(LETTERS[verdict] for verdict in row.verdicts), values) == EXPECTED[name]


def test_no_two_recipes_say_the_same():
    assert len({str(said) for said in EXPECTED.values()}) == len(EXPECTED)


def test_scan_leaves_out_a_problem_that_is_solved_too_rarely(tmp_path):
    """Two attempts in three are right, and 0.75 are wanted."""
    manifest = build(arrange(tmp_path, "scan", (RIGHT, RIGHT, WRONG)), tmp_path / "out")
    assert manifest.counts["dropped"] == {"too_hard": 1}
    assert manifest.counts["solutions"] == {}
