"""Every prompt of the shipped recipes on a real model: how many of its replies could be used.

    python -m benchmarks.prompts --model ./Qwen2.5-Coder-1.5B-Instruct --out runs/prompts \
        --problems gsm8k_test.jsonl --programs HumanEval.jsonl.gz

Each recipe is built by the real flow, cut down to what prompts: one model plays every part, a few
solutions are judged, spoiled, rewritten or compared, rollouts (whose prompt is the solver's own)
and filters are left out, and replies are short. A reply is used if it could be read, for an
injection or a rewrite if a solution came of it. What it says is not scored: benchmarks/judges.py
does that. A server is started unless `--engine` names one. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import fsspec
import yaml
from rich.console import Console

from flows.injecting import INJECTED
from flows.recipe import Recipe
from flows.recipe_file import find_recipe, parse_recipe, shipped_recipes
from flows.runtime import Runtime
from flows.session import run_build, served
from stepmark.records import Comparison, Critique, Solution
from storage.rows import Dropped
from storage.shards import read_shard

CONTEXT: Final = 4096
"""Tokens of prompt and reply together."""
MAX_TOKENS: Final = 512
"""Longest reply: a small model that writes more repeats itself."""
SAMPLES: Final = 2
"""Solutions of a problem, and votes on one."""
IN_FLIGHT: Final = 8
PATIENCE_S: Final = 3600.0
USED: Final = "used"
PROMPTING: Final = frozenset({"judge", "injected", "preferences", "verifier"})
"""Methods of annotators that ask, or read what was asked before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the recipes are tried on."""

    model: str
    """The model that plays every part."""
    problems: Path
    """Problems in GSM8K's layout."""
    programs: Path
    """Problems in HumanEval's layout."""


def main() -> None:
    """Build every recipe that prompts, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", required=True, help="folder or Hub id")
    parser.add_argument("--problems", type=Path, required=True, help="in GSM8K's layout")
    parser.add_argument("--programs", type=Path, required=True, help="in HumanEval's layout")
    parser.add_argument("--limit", type=int, default=3, help="problems of each file")
    parser.add_argument("--recipes", nargs="*", help="these alone")
    parser.add_argument("--out", type=Path, required=True, help="the builds and their ledger")
    parser.add_argument("--engine", help="address of a server that runs already")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    material = Material(
        model=options.model,
        problems=first_rows(options.problems, options.limit, options.out / "problems.jsonl"),
        programs=first_rows(options.programs, options.limit, options.out / "programs.jsonl"),
    )
    runtime = Runtime(
        out=options.out,
        base=Path.cwd(),
        addresses={"model": (options.engine,)} if options.engine else {},
        concurrency=IN_FLIGHT,
        request_timeout_s=PATIENCE_S,
    )
    names = options.recipes or prompting_recipes()
    print(json.dumps(measure(names, material, runtime, Console(stderr=True))))


def first_rows(source: Path, limit: int, target: Path) -> Path:
    """Write the first lines of a file, compressed or not, to another; return that one."""
    with fsspec.open(str(source), "rt", encoding="utf-8", compression="infer") as lines:
        target.write_text("".join(islice(lines, limit)), encoding="utf-8")
    return target


def prompting_recipes() -> list[str]:
    """Return the shipped recipes that ask a model for more than solutions and rollouts."""
    return [name for name in shipped_recipes() if prompts(plain_of(name))]


def plain_of(name: str) -> dict[str, Any]:
    """Return what a shipped recipe's file says."""
    plain: dict[str, Any] = yaml.safe_load(find_recipe(name).read_text(encoding="utf-8"))
    return plain


def prompts(plain: Mapping[str, Any]) -> bool:
    """Tell whether a recipe has a judge, an injection, a teacher or a policy that compares."""
    solve = plain.get("solve", {})
    return (
        any(block["method"] == "judge" for block in plain["annotators"].values())
        or "inject" in solve
        or solve.get("search", {}).get("method") == "self_rewarding"
        or "policy" in plain.get("rewrite", {})
    )


def cut(plain: dict[str, Any], material: Material) -> Recipe:
    """Return a recipe cut down to what prompts, on the material."""
    asking = {
        name: _shortened(block)
        for name, block in plain["annotators"].items()
        if block["method"] in PROMPTING
    }
    model = {"engine": "vllm", "model": material.model, "max_model_len": CONTEXT}
    kept = {
        key: plain[key] for key in ("name", "segment", "rewrite", "shard_problems") if key in plain
    }
    source = plain.get("problems") or plain["solutions"]
    whose = material.programs if source.get("kind") == "code" else material.problems
    return parse_recipe(
        kept
        | _solving(plain)
        | {
            "problems" if "problems" in plain else "solutions": source
            | {"path": str(whose.resolve())},
            "policies": dict.fromkeys(plain["policies"], model),
            "annotators": asking,
            "labels": {"from": next(iter(asking))},
        },
        plain["name"],
    )


def _solving(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return how solutions are sampled: alike for all recipes, so that they share their draws."""
    if "solve" not in plain:
        return {}
    given = plain["solve"]
    solve = {"policy": given["policy"], "samples": SAMPLES, "temperature": 0.7}
    solve |= {"max_tokens": MAX_TOKENS, "prompt": given.get("prompt", "boxed")}
    if "inject" in given:
        solve["inject"] = _shortened(given["inject"])
    if "search" in given:
        solve["search"] = _shortened(given["search"]) | {"candidates": SAMPLES, "max_steps": 4}
    return {"solve": solve}


def _shortened(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a block with short replies and few votes."""
    short = dict(block)
    if "sampling" in short:
        short["sampling"] = short["sampling"] | {"max_tokens": MAX_TOKENS}
    if "votes" in short:
        short["votes"] = short["votes"] | {"n": min(SAMPLES, short["votes"]["n"])}
    short.pop("witnesses", None)
    return short


def measure(
    names: Sequence[str], material: Material, runtime: Runtime, console: Console
) -> dict[str, dict[str, int]]:
    """Return, by recipe, how many replies were used and why others were not.

    Args:
        names: shipped recipes.
        material: what they are tried on.
        runtime: where the model is asked.
        console: told about servers and builds.
    """
    figures: dict[str, dict[str, int]] = {}
    with served(_of_one_model(material), runtime, runtime.out, console) as ready:
        for name in names:
            recipe = cut(plain_of(name), material)
            addresses = dict.fromkeys(recipe.policies, ready.addresses["model"])
            console.print(name)
            run_build(recipe, replace(ready, addresses=addresses), console, replace=True)
            figures[name] = dict(Counter(fates(runtime.out / recipe.name, recipe)).most_common())
    return figures


def _of_one_model(material: Material) -> Recipe:
    """Return a recipe whose one policy is the model: a server is started for it."""
    plain = {
        "name": "server",
        "problems": {"path": str(material.problems.resolve()), "statement": "question"},
        "policies": {
            "model": {"engine": "vllm", "model": material.model, "max_model_len": CONTEXT}
        },
        "solve": {"policy": "model"},
        "segment": {"method": "blank_line"},
        "annotators": {
            "critic": {"method": "judge", "policy": "model", "judge": {"method": "first_error"}}
        },
        "labels": {"from": "critic"},
    }
    return parse_recipe(plain, "benchmarks/prompts.py")


def fates(build: Path, recipe: Recipe) -> Iterator[str]:
    """Yield what became of each reply: `used`, or why it was not."""
    for reply in _rows(build, "critiques/*", Critique):
        yield reply.reason or USED
    for comparison in _rows(build, "comparisons/*", Comparison):
        yield comparison.reason or USED
    if recipe.rewrite or recipe.solve.inject:
        yield from _fates_of_writing(build, recipe)


def _fates_of_writing(build: Path, recipe: Recipe) -> Iterator[str]:
    """Yield what became of each reply that was to make a solution."""
    for solution in _rows(build, "solutions", Solution):
        if solution.request if recipe.rewrite else solution.finish_reason == INJECTED:
            yield USED
    stage = "solve" if recipe.rewrite else "inject"
    for drop in _rows(build, "dropped", Dropped):
        if drop.stage == stage:
            yield drop.reason


def _rows(build: Path, folder: str, record: type[Any]) -> Iterator[Any]:
    for shard in sorted(build.glob(f"{folder}/*.parquet")):
        yield from read_shard(shard, record)


if __name__ == "__main__":
    main()
