"""Synthetic evidence: the shards that a build has before it derives labels, of any size.

8 solutions a problem, 8 steps a solution, and 8 rollouts from each of the 7 prefixes that are not
yet whole. Values rise to the first wrong step and fall there; one draw in twenty is unknown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from flows.recipe import Recipe
from flows.recipe_file import parse_recipe
from stepmark.evidence import OUTCOMES
from stepmark.records import Problem, Reject, Rollout, Solution
from storage.rows import Dropped
from storage.shards import table_of, write_shard, write_table

PROBLEMS_A_SHARD = 128
SAMPLES = STEPS = DRAWS = 8
UNKNOWN_SHARE = 0.05
STEP = "Step {}: we add the next {} to what we have and get {}.\n"


def recipe(name: str) -> Recipe:
    """Return the recipe of the synthetic build."""
    return parse_recipe(plain_recipe(name), "benchmarks.synthetic")


def plain_recipe(name: str) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "name": name,
        "problems": {"path": "problems.jsonl", "statement": "question", "reference": "answer"},
        "policies": {"solver": {"engine": "vllm", "model": "fake"}},
        "solve": {"policy": "solver", "samples": SAMPLES},
        "segment": {"method": "step_markers"},
        "annotators": {
            "mc": {
                "method": "monte_carlo",
                "policy": "solver",
                "probe": {"method": "exhaustive", "draws": DRAWS},
                "rule": {"method": "hard"},
            }
        },
        "labels": {"from": "mc"},
        "splits": {"train": 0.9, "test": 0.1},
        "shard_problems": PROBLEMS_A_SHARD,
    }


def write_evidence(root: Path, solutions: int) -> list[str]:
    """Write problems, solutions and rollouts of so many solutions; return the shards' numbers."""
    problems = -(-solutions // SAMPLES)
    write_shard(root, "rejects/00000.parquet", Reject, [])
    shards = []
    for number, start in enumerate(range(0, problems, PROBLEMS_A_SHARD)):
        shard = f"{number:05d}"
        _write_shard(root, shard, min(PROBLEMS_A_SHARD, problems - start), seed=number)
        shards.append(shard)
    return shards


def write_recipe(folder: Path, name: str) -> Path:
    """Write the recipe and a problem file; return the recipe's path."""
    (folder / "problems.jsonl").write_text('{"question": "What is 1 + 1?", "answer": "2"}\n')
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(plain_recipe(name)))
    return path


def _write_shard(root: Path, shard: str, problems: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem_ids = _ids("pb", problems, rng)
    solved = _solutions(problem_ids, rng)
    write_table(root, f"problems/{shard}.parquet", _problems(problem_ids))
    write_table(root, f"solutions/{shard}.parquet", solved)
    write_table(root, f"rollouts/mc/{shard}.parquet", _rollouts(solved, rng))
    write_shard(root, f"dropped/solve-{shard}.parquet", Dropped, [])


def _ids(kind: str, count: int, rng: np.random.Generator) -> pa.Array:
    return pa.array([f"{kind}_{rng.bytes(16).hex()}" for _ in range(count)])


def _problems(ids: pa.Array) -> pa.Table:
    rows = len(ids)
    statements = pa.array([f"What is the sum of the first {i + 8} numbers?" for i in range(rows)])
    return table_of(
        Problem,
        {
            "id": ids,
            "statement": statements,
            "reference": "36",
            "tests": pa.nulls(rows),
            "kind": "math",
            "source": "synthetic",
            "line": pa.array(np.arange(1, rows + 1)),
            "source_id": pa.nulls(rows),
        },
    )


def _solutions(problem_ids: pa.Array, rng: np.random.Generator) -> pa.Table:
    rows = len(problem_ids) * SAMPLES
    texts = [[STEP.format(i, rng.integers(99), rng.integers(999)) for i in range(STEPS)]
             for _ in range(rows)]  # fmt: skip
    right = rng.random(rows) < 0.5
    tokens = pa.array(rng.integers(100, 300, rows))
    of_problem = pa.array(np.repeat(np.arange(len(problem_ids)), SAMPLES))
    return table_of(
        Solution,
        {
            "id": _ids("so", rows, rng),
            "problem_id": problem_ids.take(of_problem),
            "policy": "po_0",
            "step_policies": pa.array([("po_0",) * STEPS] * rows),
            "request": _ids("rq", len(problem_ids), rng).take(of_problem),
            "draw": pa.array(np.tile(np.arange(SAMPLES), len(problem_ids))),
            "lead": "",
            "steps": pa.array(texts),
            "tail": "",
            "answer": pa.array(["36", "35"]).take(pa.array(np.where(right, 0, 1))),
            "outcome": pa.array(OUTCOMES).take(pa.array(np.where(right, 0, 1))),
            "outcome_reason": pa.nulls(rows),
            "finish_reason": "stop",
            "prompt_tokens": tokens,
            "completion_tokens": tokens,
            "solve_rate": pa.array(np.full(rows, 0.5)),
            "difficulty": pa.array(np.full(rows, 2)),
        },
    )


def _rollouts(solutions: pa.Table, rng: np.random.Generator) -> pa.Table:
    prefixes = solutions.num_rows * (STEPS - 1)
    rows = prefixes * DRAWS
    of_solution = np.repeat(np.arange(solutions.num_rows), (STEPS - 1) * DRAWS)
    position = np.tile(np.repeat(np.arange(1, STEPS), DRAWS), solutions.num_rows)
    draw = np.tile(np.arange(DRAWS), prefixes)
    of_prefix = pa.array(np.repeat(np.arange(prefixes), DRAWS))
    first_error = rng.integers(0, STEPS, solutions.num_rows)
    wrong = np.array(solutions["outcome"].to_pylist()) == "incorrect"
    broken = wrong[of_solution] & (position > first_error[of_solution])
    ends = np.where(rng.random(rows) < np.where(broken, 0.02, 0.6), 0, 1)
    ends = np.where(rng.random(rows) < UNKNOWN_SHARE, 2, ends)
    return table_of(
        Rollout,
        {
            "problem_id": solutions["problem_id"].take(pa.array(of_solution)),
            "solution_id": solutions["id"].take(pa.array(of_solution)),
            "position": pa.array(position),
            "reach": pa.array(position),
            "request": _ids("rq", prefixes, rng).take(of_prefix),
            "draw": pa.array(draw),
            "outcome": pa.array(OUTCOMES).take(pa.array(ends)),
            "reason": pa.array([None, None, "cut_by_length"]).take(pa.array(ends)),
            "answer": pa.array(["36", "35", None]).take(pa.array(ends)),
            "own": pa.array(broken & (ends == 1)),
            "prompt_tokens": pa.array(np.where(draw == 0, 150, 0)),
            "completion_tokens": pa.array(rng.integers(20, 200, rows)),
        },
    )
