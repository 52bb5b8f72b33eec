"""UnPRM's search in a build: what it probes follows from how sure the policy was, by step."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.recipe_file import load_recipe, parse_recipe
from flows.show import solutions
from stepmark.errors import RecipeError
from tests.flows.arrange import arrange, build, files_of, write_jsonl

WORDS = (12, 3, 8, 10, 7)
"""Words of each step: the more, the less sure is the scripted policy. The third step is wrong."""
STEPS = [f"Step {i + 1}: " + "so " * (n - 3) + "on.\n" for i, n in enumerate(WORDS[:-1])]
SOLUTION = [*STEPS, "Step 5: it is. The answer is 3."]


def arranged(folder: Path, order: str) -> Path:
    probe = {"method": "uncertainty", "order": order, "draws": 4, "root": 8, "min_root_correct": 2}
    recipe = arrange(
        folder,
        annotators__mc__probe=probe,
        annotators__mc__rule={"method": "root_relative", "min_root_correct": 2},
        annotators__mc__right_answers="assume_correct",
        splits={"train": 1.0},
    )
    user = "What is 1 + 1?"
    write_jsonl(folder / "problems.jsonl", [{"question": user, "answer": "2"}])
    right, wrong = "Step 1: The answer is 2.", "The answer is 5."
    bare = [right, "".join(SOLUTION), *[right, wrong] * 4]
    rows: list[Any] = [{"user": user, "prefix": "", "completions": bare}]
    for position, prefix in enumerate(accumulate(STEPS), start=1):
        ends = [right if position < 3 else wrong] * 4
        rows.append({"user": user, "prefix": prefix, "completions": ends})
    write_jsonl(folder / "script.jsonl", rows)
    return recipe


@pytest.mark.parametrize(
    ("order", "probed"), [("value", {0, 1, 4, 3, 2}), ("jump", {0, 3, 2})], ids=["value", "jump"]
)
@pytest.mark.usefixtures("prefect_server")
def test_the_search_starts_where_the_policy_was_least_sure(tmp_path, order, probed):
    """By value from step 1 (12 words) and step 4 (10), by jumps from step 3 (8 after 3)."""
    build(arranged(tmp_path, order), tmp_path / "out")
    rollouts = pq.read_table(tmp_path / "out" / "tiny" / "rollouts" / "mc" / "00000.parquet")
    assert set(rollouts["position"].to_pylist()) == probed
    (row,) = (r for r in solutions(tmp_path / "out" / "tiny") if r.outcome == "incorrect")
    assert row.first_error == 2


@pytest.mark.usefixtures("prefect_server")
def test_it_is_replayed_from_the_ledger_with_every_request_refused(tmp_path):
    recipe = arranged(tmp_path, "value")
    build(recipe, tmp_path / "out")
    build(recipe, tmp_path / "again", offline=True, ledger_folder=tmp_path / "out" / "ledger")
    assert files_of(tmp_path / "again" / "tiny") == files_of(tmp_path / "out" / "tiny")


def test_log_probabilities_are_asked_for_only_where_an_annotator_needs_them(tmp_path):
    assert load_recipe(str(arranged(tmp_path, "value")))[0].sampling.logprobs
    assert not load_recipe(str(arrange(tmp_path)))[0].sampling.logprobs


def test_solutions_from_a_file_are_refused_for_nobody_knows_how_sure_their_writer_was():
    plain: dict[str, Any] = load_recipe("unprm")[0].model_dump(mode="json", by_alias=True)
    source = plain.pop("problems") | {"text": "solution"}
    with pytest.raises(RecipeError, match="uncertainty probe needs to know how likely"):
        parse_recipe(plain | {"solutions": source}, "test")


def test_a_search_is_refused_for_it_asks_no_log_probabilities_further_on():
    plain: dict[str, Any] = load_recipe("unprm")[0].model_dump(mode="json", by_alias=True)
    plain["solve"] |= {"search": {"method": "omegaprm"}, "quota": None}
    with pytest.raises(RecipeError, match="not asked of what a search draws further on"):
        parse_recipe(plain, "test")
