"""OmegaPRM's recipe through the real flow: what the tree says, what it costs, and replays.

The wrong sample of the scripted problem has seven steps; from its prefixes 8, 5, 4, 1, 0 and 1 of
every eight rollouts succeed, and what fails says one and the same thing. The search probes the
prefixes of 3, 5 and 4 steps; what fails from 3 and from 4 is searched too, a step each.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypeVar

import pytest

from flows.recipe_file import load_recipe, parse_recipe
from flows.show import find_solution, solutions
from flows.trace import trace
from flows.why import why
from stepmark.errors import RecipeError
from stepmark.records import Annotation, Rollout, Solution
from storage.rows import Dropped
from storage.shards import read_shard
from tests.flows import test_recipes
from tests.flows.arrange import build, files_of, recipe_text, write_jsonl
from tests.flows.test_recipes import LETTERS, QUESTION, RIGHT, STEPS

Record = TypeVar("Record")

pytestmark = pytest.mark.usefixtures("prefect_server")


def arrange(folder: Path, samples: int = 2) -> Path:
    """Write the shipped recipe for a scripted policy, with fewer samples."""
    path = test_recipes.arrange(folder, "omegaprm")
    path.write_text(path.read_text().replace("samples: 32", f"samples: {samples}"))
    return path


def shards(root: Path, record: type[Record], folder: str) -> list[Record]:
    paths = sorted((root / folder).glob("*.parquet"))
    return [row for path in paths for row in read_shard(path, record)]


def bought(root: Path) -> int:
    *_, last = (root / "runs.jsonl").read_text().splitlines()
    return int(json.loads(last)["bought"])


def test_the_tree_labels_the_prefixes_that_it_probed(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    rows = {len(row.steps): row for row in solutions(tmp_path / "out" / "omegaprm")}
    said = {
        steps: ("".join(LETTERS[v] for v in row.verdicts), list(row.values), row.first_error)
        for steps, row in rows.items()
    }
    assert said == {
        4: ("CCCI", [None, None, 4 / 7, 0], 3),
        5: ("CCCCI", [None, None, 0.5, 1 / 7, 0], 4),
        7: ("CCCCI??", [None, None, 0.5, 0.125, 0, None, None], 4),
    }
    assert rows[7].bracketed
    assert {(row.solve_rate, row.difficulty) for row in rows.values()} == {(0.5, 2)}
    assert list(rows[7].interpolated) == [True, True, *[False] * 5]


def test_a_solution_is_no_evidence_about_itself(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    root = tmp_path / "out" / "omegaprm"
    own = {s.id: (s.request, s.draw) for s in shards(root, Solution, "solutions")}
    rollouts = shards(root, Rollout, "rollouts/mc")
    assert rollouts
    assert all((r.request, r.draw) != own[r.solution_id] for r in rollouts)


def test_every_draw_is_bought_once_and_no_other(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    assert bought(tmp_path / "out" / "omegaprm") == 2 + 3 * 8


def test_a_problem_that_is_always_solved_is_not_searched(tmp_path):
    recipe = arrange(tmp_path)
    row = {"user": QUESTION, "prefix": "", "completions": [RIGHT] * 2}
    write_jsonl(tmp_path / "solver.jsonl", [row])
    build(recipe, tmp_path / "out")
    root = tmp_path / "out" / "omegaprm"
    assert bought(root) == 2
    assert [drop.reason for drop in shards(root, Dropped, "dropped")] == ["always_solved"]


def test_a_second_build_and_an_offline_one_give_the_same_bytes(tmp_path):
    recipe = arrange(tmp_path)
    build(recipe, tmp_path / "out")
    build(recipe, tmp_path / "second")
    (tmp_path / "solver.jsonl").unlink()
    build(recipe, tmp_path / "third", offline=True, ledger_folder=tmp_path / "out" / "ledger")
    files = files_of(tmp_path / "out" / "omegaprm")
    assert any(name.startswith("data/") for name in files)
    assert files_of(tmp_path / "second" / "omegaprm") == files
    assert files_of(tmp_path / "third" / "omegaprm") == files


def test_rollouts_that_are_missing_are_read_off_the_tree_again(tmp_path):
    recipe = arrange(tmp_path)
    build(recipe, tmp_path / "out")
    root = tmp_path / "out" / "omegaprm"
    files = files_of(root)
    for path in (*root.glob("rollouts/mc/*"), *root.glob("labels/*"), root / "manifest.json"):
        path.unlink()
    build(recipe, tmp_path / "out")
    assert files_of(root) == files
    assert bought(root) == 0


def test_by_span_the_steps_of_a_solution_are_spans(tmp_path):
    recipe = arrange(tmp_path)
    text = recipe.read_text().replace("split: step", "split: span\n    pieces: 4")
    recipe.write_text(text)
    text = "".join(STEPS)
    prefixes = [text[: gap.end()] for gap in re.finditer(r"\s+", text)]
    write_jsonl(
        tmp_path / "solver.jsonl",
        [
            {"user": QUESTION, "prefix": "", "completions": [RIGHT, text]},
            *(
                {"user": QUESTION, "prefix": p, "completions": ["The answer is 3."] * 8}
                for p in prefixes
            ),
        ],
    )
    build(recipe, tmp_path / "out")
    root = tmp_path / "out" / "omegaprm"
    (wrong,) = (s for s in shards(root, Solution, "solutions") if s.outcome == "incorrect")
    assert "".join(wrong.steps) == "".join(STEPS)
    assert all(step[-1].isspace() for step in wrong.steps[:-1])
    assert [len(step.split()) for step in wrong.steps] == [5, 6, 5, 5, 5, 5, 5]


def test_a_wrong_sample_that_was_not_searched_is_not_labelled(tmp_path):
    recipe = arrange(tmp_path, samples=5)
    recipe.write_text(recipe.read_text().replace("searches: 100", "searches: 1"))
    build(recipe, tmp_path / "out")
    root = tmp_path / "out" / "omegaprm"
    wrong = [s.id for s in shards(root, Solution, "solutions") if s.outcome == "incorrect"]
    labelled = {a.solution_id: a.reason for a in shards(root, Annotation, "annotations/mc")}
    assert sorted(str(labelled[solution]) for solution in wrong) == ["None", "not_probed"]
    assert "not_probed" in {drop.reason for drop in shards(root, Dropped, "dropped")}


def test_why_shows_a_solution_that_was_drawn_from_inside_the_tree(tmp_path):
    build(arrange(tmp_path), tmp_path / "out")
    root = tmp_path / "out" / "omegaprm"
    inner = next(row for row in solutions(root) if len(row.steps) == 5)
    shown = "\n".join(
        str(part)
        for part in why(
            trace(root, find_solution(root, inner.id), tmp_path / "out" / "ledger"), None, full=True
        ).renderables
    )
    assert "as in the ledger" in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"annotators__mc__probe": {"method": "searched"}}, "solve.search is not set"),
        (
            {
                "annotators__mc__probe": {"method": "searched"},
                "solve__search": {"method": "omegaprm"},
                "annotators__mc__sampling": {"temperature": 0.1},
            },
            "leave `sampling` out",
        ),
        (
            {
                "solve__search": {"method": "omegaprm"},
                "solutions": {"path": "s", "statement": "q", "reference": "a", "text": "t"},
                "problems": None,
            },
            "start from solutions they have drawn",
        ),
        ({"solve__search": {"method": "omegaprm", "k": 8}}, "k"),
        (
            {
                "solve__search": {"method": "omegaprm"},
                "solve__quota": {"correct": 1, "incorrect": 1, "max_draws": 8},
            },
            "no quota",
        ),
    ],
)
def test_a_search_that_cannot_be_read_is_refused(changes, said):
    with pytest.raises(RecipeError, match=said):
        parse_recipe(json.loads(recipe_text(**changes)), "recipe")


def test_a_search_is_in_the_plan(tmp_path):
    from flows.plan import plan
    from flows.runtime import Runtime

    recipe, base = load_recipe(str(arrange(tmp_path)))
    table, _ = plan(recipe, Runtime(out=tmp_path / "out", base=base))
    figures = dict(zip(table.columns[0].cells, table.columns[2].cells, strict=True))
    assert figures["search"] == f"{100 * 3 * 8:,}"
    assert figures["mc"] == "0"
