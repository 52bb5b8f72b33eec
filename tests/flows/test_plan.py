"""What a build is said to need."""

from __future__ import annotations

from pathlib import Path

from flows.plan import plan
from flows.recipe import Recipe
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from tests.flows.arrange import arrange


def cells(recipe: Recipe, base: Path) -> tuple[dict[str, tuple[str, str]], str]:
    """Requests and draws of each stage, and what the plan rests on."""
    table, assumed = plan(recipe, Runtime(out=base / "out", base=base))
    stages, requests, draws = ([str(cell) for cell in c.cells] for c in table.columns[:3])
    return dict(zip(stages, zip(requests, draws, strict=True), strict=True)), assumed


def test_draws_from_the_bare_problem_are_counted_once_a_problem(tmp_path):
    """Five problems, two solutions each, eight steps guessed: 10 · 7 prefixes and 5 problems."""
    probe = {"method": "exhaustive", "draws": 8, "root": 16}
    rows, _ = cells(*load_recipe(str(arrange(tmp_path, annotators__mc__probe=probe))))
    assert rows["mc"] == ("75", str(10 * 7 * 8 + 5 * 16))


def test_every_policy_that_solves_draws_for_itself(tmp_path):
    """Five problems, two policies, two draws each: 20 solutions of seven prefixes."""
    policies = {name: {"engine": "openai", "model": name} for name in ("solver", "two")}
    recipe = arrange(tmp_path, policies=policies, solve__policy=["solver", "two"])
    rows, assumed = cells(*load_recipe(str(recipe)))
    assert rows["solve"] == ("10", "20")
    assert rows["mc"] == ("140", "1,120")
    assert "Drawing on" not in assumed


def test_draws_by_difficulty_are_planned_as_if_all_problems_were_hard(tmp_path):
    probe = {"method": "exhaustive", "draws": [1, 2, 3, 4, 6]}
    rows, _ = cells(*load_recipe(str(arrange(tmp_path, annotators__mc__probe=probe))))
    assert rows["mc"] == ("70", str(10 * 7 * 6))


def test_a_quota_bounds_what_annotators_see_and_topping_up_is_said_apart(tmp_path):
    """Five problems: 4 draws each at first, three solutions kept, up to 26 draws more."""
    quota = {"correct": 1, "incorrect": 2, "max_draws": 30}
    recipe = arrange(tmp_path, solve__samples=4, solve__quota=quota)
    rows, assumed = cells(*load_recipe(str(recipe)))
    assert rows["solve"] == ("5", "20")
    assert rows["mc"] == ("105", "840")
    assert "at most 130 draws to solve, in rounds of 4" in assumed


def test_a_teacher_is_asked_twice_about_each_step_of_given_solutions(tmp_path):
    """Five solutions of eight steps as guessed, two prompts a step, three draws each."""
    teacher = {"method": "prlcoder", "policy": "solver", "draws": 3}
    given = {"path": "problems.jsonl", "statement": "question", "text": "answer"}
    recipe = arrange(tmp_path, problems=None, solutions=given, rewrite=teacher)
    rows, _ = cells(*load_recipe(str(recipe)))
    assert rows["rewrite"] == ("80", "240")
