"""The recipe self-rewarding through the real flow, with a policy whose taste is scripted.

At the first step it likes adding better than counting and that better than guessing; one of the
four draws repeats another's first step. At the second it prefers whatever is shown first, but for a
mistake, which it likes least. At the last it always prefers what is shown first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from annotators.judges.pairwise import messages
from flows.plan import plan
from flows.recipe_file import find_recipe, load_recipe
from flows.runtime import Runtime
from flows.show import solutions
from stepmark.errors import EngineError, RecipeError
from stepmark.records import Annotation, Comparison, Solution
from storage.export.preferences import PreferredStep
from storage.shards import read_shard
from tests.flows.arrange import build, files_of, write_jsonl

Record = TypeVar("Record")

pytestmark = pytest.mark.usefixtures("prefect_server")

NAME = "self-rewarding"
QUESTION = "What is 1 + 1?"
COUNT, GUESS, ADD = "I count.\n\n", "I guess.\n\n", "I add the ones.\n\n"
TWO, SO, THREE = "1 + 1 = 2.\n\n", "So 1 and 1 are 2.\n\n", "1 + 1 = 3.\n\n"
END, LONG = "The answer is 2.", "It is two. The answer is 2."
CHOSEN = (ADD, TWO, END)
FIRST_STEPS = {COUNT: 1, GUESS: 0, ADD: 2}
SECOND_STEPS = {TWO: 1, SO: 1, THREE: 0}
LAST_STEPS = {END: 0, LONG: 0}
"""How much each candidate is liked; the first shown of two that are liked alike."""
WON = (
    PreferredStep(prompt=f"{QUESTION}\n", chosen=ADD, rejected=GUESS),
    PreferredStep(prompt=f"{QUESTION}\n{ADD}", chosen=TWO, rejected=THREE),
)


LABELLED = {
    "preferred": {"method": "preferences"},
    "mc": {
        "method": "monte_carlo",
        "policy": "solver",
        "probe": {"method": "exhaustive", "draws": 3},
        "rule": {"method": "soft"},
    },
}
"""The recipe's annotator and one that labels steps."""
SHORT = {"method": "structure", "max_steps": 2, "max_dropped": 1.0}


def solver_script() -> list[dict[str, Any]]:
    """Four draws of each prefix on the way."""
    wrong = f"{THREE}The answer is 3."
    texts = {
        "": [COUNT + wrong, GUESS + "The answer is 5.", COUNT + TWO + END, ADD + TWO + END],
        ADD: [TWO + END, SO + END, wrong, TWO + LONG],
        ADD + TWO: [END, LONG, END, LONG],
    }
    return [
        {"user": QUESTION, "prefix": prefix, "completions": completions}
        for prefix, completions in texts.items()
    ]


def taste_script(before: Sequence[str], liked: dict[str, int]) -> list[dict[str, Any]]:
    """Its replies about every two candidates."""
    return [
        {
            "user": messages(QUESTION, before, first, second)[-1].content,
            "prefix": "",
            "completions": [f"I looked.\nBetter: {'A' if liked[first] >= liked[second] else 'B'}"],
        }
        for first, second in permutations(liked, 2)
    ]


def script() -> list[dict[str, Any]]:
    return [
        *solver_script(),
        *taste_script((), FIRST_STEPS),
        *taste_script((ADD,), SECOND_STEPS),
        *taste_script((ADD, TWO), LAST_STEPS),
    ]


def arrange(folder: Path, rows: list[dict[str, Any]] | None = None, **changes: Any) -> Path:
    """Write the shipped recipe for a scripted policy that is asked a single problem."""
    plain: dict[str, Any] = yaml.safe_load(find_recipe(NAME).read_text(encoding="utf-8"))
    plain["policies"] = {"solver": {"engine": "scripted", "model": "solver.jsonl"}}
    plain["problems"]["answer"] = "plain"
    plain["solve"]["prompt"] = "bare"
    plain["splits"] = {"train": 1.0}
    plain |= changes
    write_jsonl(folder / "problems.jsonl", [{"question": QUESTION, "answer": "2"}])
    write_jsonl(folder / "solver.jsonl", script() if rows is None else rows)
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path


def root_of(folder: Path) -> Path:
    return folder / "out" / NAME


def shard(root: Path, folder: str, record: type[Record]) -> tuple[Record, ...]:
    return read_shard(root / folder / "00000.parquet", record)


def pairs(root: Path) -> tuple[tuple[PreferredStep, ...], dict[str, int]]:
    """The exported pairs, and what was left out."""
    paths = sorted((root / "export/dpo").glob("*.parquet"))
    facts = json.loads((root / "export/dpo/export.json").read_text())
    return tuple(row for path in paths for row in read_shard(path, PreferredStep)), facts[
        "left_out"
    ]


def bought(root: Path) -> int:
    *_, last = (root / "runs.jsonl").read_text().splitlines()
    return int(json.loads(last)["bought"])


def test_the_shipped_recipe_pairs_the_best_and_the_worst_step_of_each_position(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    assert pairs(root_of(tmp_path)) == (WON, {"steps whose candidates tie": 1})


def test_the_chosen_steps_are_one_ordinary_solution(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    (solution,) = shard(root_of(tmp_path), "solutions", Solution)
    assert solution.steps == CHOSEN
    assert (solution.answer, solution.outcome, solution.draw) == ("2", "correct", 0)
    assert solution.solve_rate == 0.5


def test_nothing_is_claimed_of_a_step(tmp_path):
    manifest = build(arrange(tmp_path), tmp_path / "out")
    assert manifest.counts["verdicts"] == {"preferred": {"unlabelled: only_compared": 3}}
    assert manifest.counts["dropped"] == {"only_compared": 1}
    assert manifest.counts["rows"] == {"train": 0}


def test_comparisons_are_stored_counted_and_paid_once(tmp_path):
    manifest = build(arrange(tmp_path), tmp_path / "out")
    root = root_of(tmp_path)
    kept = shard(root, "comparisons/preferred", Comparison)
    (solution,) = shard(root, "solutions", Solution)
    assert [one.position for one in kept] == [0] * 6 + [1] * 6 + [2] * 2
    assert {one.solution_id for one in kept} == {solution.id}
    assert manifest.counts["comparisons"] == {"preferred": {"read": 14}}
    assert manifest.costs["preferred"]["requests"] == 14
    assert bought(root) == 3 * 4 + 14


def test_fewer_candidates_make_other_pairs(tmp_path):
    """Breaks the recipe's distinguishing line: of two candidates counting is the best."""
    solve = yaml.safe_load(find_recipe(NAME).read_text(encoding="utf-8"))["solve"]
    solve["prompt"] = "bare"
    solve["search"]["candidates"] = 2
    after = [
        {"user": QUESTION, "prefix": COUNT, "completions": [END, END]},
    ]
    build(arrange(tmp_path, [*script(), *after], solve=solve), tmp_path / "out")
    won = PreferredStep(prompt=f"{QUESTION}\n", chosen=COUNT, rejected=GUESS)
    assert pairs(root_of(tmp_path)) == ((won,), {"steps without another candidate": 1})


def test_a_comparison_that_cannot_be_read_makes_no_pair_and_is_counted(tmp_path):
    unread = messages(QUESTION, (), GUESS, ADD)[-1].content
    rows = [row | {"completions": ["Hm."]} if row["user"] == unread else row for row in script()]
    manifest = build(arrange(tmp_path, rows), tmp_path / "out")
    assert manifest.counts["comparisons"] == {"preferred": {"no_verdict": 1, "read": 13}}
    assert pairs(root_of(tmp_path)) == (
        WON[1:],
        {"steps whose candidates tie": 1, "steps whose comparison cannot be read": 1},
    )


def test_a_policy_that_never_compares_readably_stops_the_build(tmp_path):
    rows = [*solver_script(), *(r | {"completions": ["Hm."]} for r in script()[3:])]
    rows += [
        {"user": QUESTION, "prefix": COUNT, "completions": [f"{step}{END}" for step in "abcd"]}
    ]
    asked = (f"{a}{END}" for a in "abcd")
    rows += [
        {
            "user": messages(QUESTION, (COUNT,), first, second)[-1].content,
            "prefix": "",
            "completions": ["Hm."],
        }
        for first, second in permutations(asked, 2)
    ]
    with pytest.raises(EngineError, match="None of 18 replies of the judge 'preferred'"):
        build(arrange(tmp_path, rows), tmp_path / "out")


def test_a_second_build_and_an_offline_one_give_the_same_bytes(tmp_path):
    recipe = arrange(tmp_path)
    build(recipe, tmp_path / "out")
    files = files_of(root_of(tmp_path))
    build(recipe, tmp_path / "second")
    (tmp_path / "solver.jsonl").unlink()
    build(recipe, tmp_path / "out", replace=True, offline=True)
    assert files_of(tmp_path / "second" / NAME) == files
    assert files_of(root_of(tmp_path)) == files


def test_missing_comparisons_are_found_again_for_nothing(tmp_path):
    recipe = arrange(tmp_path)
    build(recipe, tmp_path / "out")
    root = root_of(tmp_path)
    files = files_of(root)
    for path in (root / "comparisons/preferred/00000.parquet", root / "manifest.json"):
        path.unlink()
    build(recipe, tmp_path / "out")
    assert files_of(root) == files
    assert bought(root) == 0


def test_no_pair_is_of_a_solution_that_a_filter_dropped(tmp_path):
    changes: dict[str, Any] = {"labels": {"from": "mc"}, "filters": [SHORT]}
    manifest = build(arrange(tmp_path, annotators=LABELLED, **changes), tmp_path / "out")
    assert manifest.counts["dropped"] == {"too_many_steps": 1}
    assert pairs(root_of(tmp_path)) == ((), {"compared solutions that are not in the data": 1})


def test_a_problem_without_a_whole_first_step_is_dropped(tmp_path):
    rows = [{"user": QUESTION, "prefix": "", "completions": ["", "", "", ""]}]
    manifest = build(arrange(tmp_path, rows), tmp_path / "out")
    assert manifest.counts["dropped"] == {"no_steps": 4}
    assert manifest.counts["solutions"] == {}


def test_another_annotator_labels_the_chosen_solution(tmp_path):
    """Its rollouts are the candidates' draws: three a prefix, without the solution's own."""
    recipe = arrange(tmp_path, annotators=LABELLED, labels={"from": "mc"})
    build(recipe, tmp_path / "out")
    root = root_of(tmp_path)
    (row,) = solutions(root)
    assert row.steps == CHOSEN
    assert [round(value or 0, 3) for value in row.values] == [0.667, 1, 1]
    assert pairs(root)[0] == WON
    assert bought(root) == 3 * 4 + 14
    annotated = shard(root, "annotations/preferred", Annotation)
    assert [one.reason for one in annotated] == ["only_compared"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("search", None, "solve.search makes none"),
        ("search", {"method": "omegaprm"}, "solve.search makes none"),
        ("search", {"method": "self_rewarding", "candidates": 1}, "at least 2"),
    ],
)
def test_preferences_need_a_search_that_compares(tmp_path, key, value, said):
    path = arrange(tmp_path)
    plain = json.loads(path.read_text())
    plain["solve"][key] = value
    path.write_text(json.dumps(plain))
    with pytest.raises(RecipeError, match=said):
        load_recipe(str(path))


@pytest.mark.parametrize(
    ("annotators", "changes", "said"),
    [
        ({"sums": {"method": "verifier", "verifier": {"method": "equations"}}},
         {"labels": {"from": "sums"}, "export": []}, "no annotator keeps them"),
        ({"preferred": {"method": "preferences"},
          "sums": {"method": "verifier", "verifier": {"method": "equations"}}},
         {"labels": {"from": {"method": "weighted", "of": ["preferred", "sums"]}}},
         "'preferred', which labels no step"),
        ({"preferred": {"method": "preferences"},
          "mc": {"method": "monte_carlo", "policy": "solver", "probe": {"method": "searched"},
                 "rule": {"method": "soft"}}},
         {}, "set to grow one"),
        ({"preferred": {"method": "preferences"}}, {"export": ["rstar"]}, "made from rollouts"),
        (LABELLED, {"filters": [SHORT]}, "labels.from 'preferred' labels none"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_comparisons_is_refused(tmp_path, annotators, changes, said):
    with pytest.raises(RecipeError, match=said):
        load_recipe(str(arrange(tmp_path, annotators=annotators, **changes)))


def test_the_plan_counts_candidates_and_comparisons(tmp_path):
    recipe, base = load_recipe(str(arrange(tmp_path)))
    table, _ = plan(recipe, Runtime(out=tmp_path / "out", base=base))
    figures = dict(zip(table.columns[0].cells, table.columns[2].cells, strict=True))
    assert figures["search"] == f"{7 * 4}"
    assert figures["compare"] == f"{8 * 12}"
    assert figures["preferred"] == "0"
