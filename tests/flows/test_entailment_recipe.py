"""FoVer's recipe, and gold proofs of ProntoQA, through the real flow.

The proof is in FLD's notation; the example with its three kinds of trouble is our own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.recipe_file import find_recipe, load_recipe
from flows.show import solutions
from stepmark.records import Finding
from storage.rows import LabelledSolution
from storage.shards import read_shard
from tests.flows.arrange import build, files_of, write_jsonl

pytestmark = pytest.mark.usefixtures("prefect_server")

HYPOTHESIS = "{C}{a}"
FACTS = "fact1: (x): {A}x -> {B}x\nfact2: {A}{a}\nfact3: {B}{a} -> {C}{a}"
RIGHT = (
    "fact1 & fact2 -> int1: {B}{a};\n",
    "int1 & fact3 -> hypothesis;\n",
    "The final answer is PROVED.",
)
WRONG = (
    "fact1 -> int1: {B}{a};\n",
    "int1 & fact3 -> ¬hypothesis;\n",
    "fact9 -> int2: {A};\n",
    "The final answer is DISPROVED.",
)


def arrange_proofs(folder: Path) -> Path:
    """Write the shipped recipe for a scripted solver and one problem."""
    plain: dict[str, Any] = yaml.safe_load(find_recipe("fover-logic").read_text(encoding="utf-8"))
    plain["policies"] = {"solver": {"engine": "scripted", "model": "solver.jsonl"}}
    plain["solve"]["samples"] = 2
    row = {"hypothesis_formula": HYPOTHESIS, "facts_formula": FACTS, "proof_label": "PROVED"}
    write_jsonl(folder / "problems.jsonl", [row])
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(plain), encoding="utf-8")
    recipe, _ = load_recipe(str(path))
    (turn,) = recipe.solve.ask.messages(f"{HYPOTHESIS}\n{FACTS}")
    texts = ["".join(RIGHT), "".join(WRONG)]
    write_jsonl(
        folder / "solver.jsonl", [{"user": turn.content, "prefix": "", "completions": texts}]
    )
    return path


def built(path: Path, name: str) -> dict[tuple[str, ...], LabelledSolution]:
    build(path, path.parent / "out", replace=True)
    return {row.steps: row for row in solutions(path.parent / "out" / name)}


def test_fovers_recipe_labels_proofs_step_by_step(tmp_path):
    rows = built(arrange_proofs(tmp_path), "fover-logic")
    assert rows[RIGHT].verdicts == ("correct", "correct", "correct")
    assert rows[WRONG].verdicts == ("incorrect", "incorrect", "unlabelled", "incorrect")
    assert rows[RIGHT].semantics == "local"


def test_building_it_again_gives_the_same_bytes(tmp_path):
    path = arrange_proofs(tmp_path)
    built(path, "fover-logic")
    before = files_of(tmp_path / "out" / "fover-logic")
    built(path, "fover-logic")
    assert files_of(tmp_path / "out" / "fover-logic") == before


def test_given_solutions_in_english_are_labelled_without_any_model(tmp_path):
    write_jsonl(
        tmp_path / "given.jsonl",
        [
            {
                "context": "Each yumpus is a dumpus. Dumpuses are not sour. Max is a yumpus.",
                "question": "Is the following statement true or false? Max is sour.",
                "steps": ["Max is a yumpus.", "Each yumpus is a dumpus.", "So Max is not sour."],
            }
        ],
    )
    recipe = {
        "name": "english",
        "solutions": {
            "path": "given.jsonl",
            "statement": ["context", "question"],
            "steps": "steps",
        },
        "segment": {"method": "newline"},
        "annotators": {
            "z3": {
                "method": "verifier",
                "verifier": {"method": "entailment", "language": "english"},
            }
        },
        "labels": {"from": "z3"},
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(json.dumps(recipe), encoding="utf-8")
    (row,) = built(path, "english").values()
    assert row.verdicts == ("correct", "correct", "incorrect")
    findings = read_shard(tmp_path / "out/english/findings/z3/00000.parquet", Finding)
    assert findings[2].evidence == "does not follow: Max is not sour."
