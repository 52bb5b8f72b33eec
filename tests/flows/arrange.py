"""A tiny build arranged on disk: arithmetic problems, and a script that solves them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console

from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.session import run_build
from storage.manifest import Manifest

SUMS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10))


def write_jsonl(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def question(a: int, b: int) -> str:
    return f"What is {a} + {b} + 1?"


def right_steps(a: int, b: int) -> tuple[str, str, str]:
    return (f"Step 1: {a} + {b} = {a + b}.\n", f"Step 2: {a + b} + 1 = {a + b + 1}.\n",
            f"Step 3: done. The answer is {a + b + 1}.")  # fmt: skip


def wrong_steps(a: int, b: int) -> tuple[str, str, str]:
    first = right_steps(a, b)[0]
    return (first, f"Step 2: {a + b} + 1 = {a + b + 2}.\n",
            f"Step 3: done. The answer is {a + b + 2}.")  # fmt: skip


def script_rows(sums: Iterable[tuple[int, int]] = SUMS) -> list[dict[str, Any]]:
    """Draw 0 is right, draw 1 wrong at step 1; from step 0 six of eight rollouts succeed."""
    rows: list[dict[str, Any]] = []
    for a, b in sums:
        right, wrong = right_steps(a, b), wrong_steps(a, b)
        texts = {
            "": ["".join(right), "".join(wrong), *["".join(right)] * 10],
            right[0]: ["".join(right[1:])] * 6 + ["".join(wrong[1:])] * 4,
            "".join(right[:2]): [right[2]] * 10,
            "".join(wrong[:2]): [wrong[2]] * 10,
        }
        rows += [
            {"user": question(a, b), "prefix": prefix, "completions": completions}
            for prefix, completions in texts.items()
        ]
    return rows


def recipe_text(**changes: Any) -> str:
    """A recipe as JSON, which is YAML too."""
    recipe: dict[str, Any] = {
        "name": "tiny",
        "problems": {"path": "problems.jsonl", "statement": "question", "reference": "answer"},
        "policies": {"solver": {"engine": "scripted", "model": "script.jsonl"}},
        "solve": {"policy": "solver", "samples": 2, "prompt": "bare"},
        "segment": {"method": "step_markers"},
        "annotators": {
            "mc": {
                "method": "monte_carlo",
                "policy": "solver",
                "probe": {"method": "exhaustive", "draws": 8},
                "rule": {"method": "hard"},
            }
        },
        "labels": {"from": "mc"},
        "splits": {"train": 0.5, "test": 0.5},
        "shard_problems": 2,
    }
    for key, value in changes.items():
        _put(recipe, key.split("__"), value)
    return json.dumps(recipe)


def _put(recipe: dict[str, Any], keys: list[str], value: Any) -> None:
    *path, last = keys
    for key in path:
        recipe = recipe[key]
    if value is None:
        recipe.pop(last, None)
    else:
        recipe[last] = value


def arrange(folder: Path, **changes: Any) -> Path:
    """Write problems, script and recipe; return the recipe's path."""
    folder.mkdir(parents=True, exist_ok=True)
    problems = [{"question": question(a, b), "answer": str(a + b + 1)} for a, b in SUMS]
    write_jsonl(folder / "problems.jsonl", problems)
    write_jsonl(folder / "script.jsonl", script_rows())
    path = folder / "recipe.yaml"
    path.write_text(recipe_text(**changes), encoding="utf-8")
    return path


def arrange_given(folder: Path, count: int = 2) -> Path:
    """The same for solutions that exist: a right one, and one that is wrong at step 1."""
    columns = {"statement": "question", "reference": "answer", "text": "text"}
    rows = [
        {"question": question(3, 4), "answer": "8", "text": "".join(steps)}
        for steps in (right_steps(3, 4), wrong_steps(3, 4))
    ]
    recipe = arrange(folder, problems=None, solutions={"path": "given.jsonl", **columns})
    write_jsonl(folder / "given.jsonl", rows[:count])
    return recipe


def served_recipe(folder: Path, **changes: Any) -> Path:
    """The same for a policy behind a server that writes three paragraphs."""
    solver = {"engine": "vllm", "model": "fake"}
    return arrange(folder, policies={"solver": solver}, segment={"method": "blank_line"}, **changes)


def build(recipe_path: Path, out: Path, *, replace: bool = False, **runtime: Any) -> Manifest:
    """Run a build as the command line does, with its output kept off the screen."""
    recipe, base = load_recipe(str(recipe_path))
    console = Console(file=io.StringIO())
    return run_build(recipe, Runtime(out=out, base=base, **runtime), console, replace=replace)


def files_of(root: Path) -> dict[str, bytes]:
    """The bytes of everything a build derives: not its lock, logs or run times."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in {".lock", "runs.jsonl"} and "logs" not in path.parts
    }
