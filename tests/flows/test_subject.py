"""What is evaluated: annotators of a recipe or a method by itself, on solutions that exist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.evaluate import recipe_of
from flows.subject import Subject, beside_scores, open_subject
from stepmark.errors import ProblemError, RecipeError
from stepmark.gold import Gold
from tests.flows.arrange import arrange, write_jsonl

GOLD = [Gold(id="a", problem="P", steps=("One.", "Two."), first_error=1, reference="2")]


def opened(said: str, folder: Path, *, models: list[str] | None = None, **changes: Any) -> Subject:
    settings = [f"{key}={json.dumps(value)}" for key, value in changes.items()]
    return open_subject(said, folder, None, models, settings)[0]


def test_a_verifier_by_its_method_needs_nothing_else(tmp_path):
    subject = opened("equations", tmp_path)
    recipe = recipe_of(subject, "gold.jsonl", GOLD, tmp_path)
    assert (subject.names, subject.needing_reference) == (("equations",), ())
    assert recipe.policies == {}
    assert recipe.source.reference is None


def test_a_judge_by_its_method_asks_the_model_that_is_named(tmp_path):
    recipe = recipe_of(opened("first_error", tmp_path, models=["M"]), "g", GOLD, tmp_path)
    assert recipe.policies["judge"].model == "M"
    with pytest.raises(RecipeError, match="first_error asks a model: name it with --model"):
        opened("first_error", tmp_path)


def test_a_recipe_goes_before_a_method_of_its_name(tmp_path):
    """`capo` is a recipe that asks its judge four times, and a judge."""
    recipe = recipe_of(opened("capo", tmp_path), "g", GOLD, tmp_path)
    (judge,) = recipe.judges.values()
    assert judge.votes.n == 4
    assert "solver" not in recipe.policies


def test_a_method_is_set_as_the_annotator_of_its_name(tmp_path):
    with pytest.raises(RecipeError, match="language: field required"):
        opened("entailment", tmp_path)
    changes: dict[str, Any] = {"annotators.entailment.verifier.language": "ordering"}
    recipe = recipe_of(opened("entailment", tmp_path, **changes), "g", GOLD, tmp_path)
    assert recipe.annotators["entailment"].verifier.language == "ordering"  # type: ignore[union-attr]


def test_of_a_recipe_all_annotators_and_their_consensus_are_measured(tmp_path):
    subject = opened("qwen-consensus", tmp_path)
    assert subject.names == ("mc", "critic", "consensus")
    assert subject.needing_reference == ("mc",)
    recipe = recipe_of(subject, "g", GOLD, tmp_path)
    assert not isinstance(recipe.labels.from_, str)
    assert recipe.source.reference == "reference"


def test_one_annotator_of_a_recipe_asks_its_own_policy_alone(tmp_path):
    subject = opened("qwen-consensus:critic", tmp_path)
    recipe = recipe_of(subject, "g", GOLD, tmp_path)
    assert (subject.names, list(recipe.policies)) == (("critic",), ["judge"])
    assert recipe.source.reference is None


def test_what_an_annotator_rests_on_comes_with_it(tmp_path):
    provers = recipe_of(opened("pav-prover:mc", tmp_path), "g", GOLD, tmp_path)
    assert len(provers.annotators) == len(provers.policies) == 2
    witnessed = recipe_of(opened("fusion:mc", tmp_path), "g", GOLD, tmp_path)
    assert set(witnessed.annotators) > {"mc"}


def test_how_a_recipe_gets_its_solutions_is_left_behind(tmp_path):
    quota = {"correct": 1, "incorrect": 1, "max_draws": 4}
    path = arrange(tmp_path, solve__samples=2, solve__quota=quota, limit=3)
    subject = opened(str(path), tmp_path, filters=[{"method": "near_duplicates"}], export=["trl"])
    recipe = recipe_of(subject, "g", GOLD, tmp_path)
    assert (recipe.problems, recipe.limit, recipe.filters, recipe.export) == (None, None, (), ())
    assert (recipe.solve.policies, recipe.solve.quota) == ((), None)
    assert recipe.solve.prompt == "bare"  # rollouts continue what was asked so


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("nothing", "There is no recipe 'nothing'.*by itself: first_error.*equations"),
        ("qwen-consensus:judge", "no annotator 'judge'; it has mc, critic"),
        ("omegaprm", "labels by a tree that the recipe itself grows"),
        ("unprm", "labels by how likely each token was"),
        ("self-rewarding", "labels by what the recipe itself does .*preferences"),
        ("prmbench-inject", "labels by what the recipe itself does .*injected"),
    ],
)
def test_what_cannot_be_evaluated_says_why(tmp_path, said, message):
    with pytest.raises(RecipeError, match=message):
        opened(said, tmp_path)


def test_a_build_is_named_by_what_it_depends_on(tmp_path):
    def named(said: str, file: str, gold: list[Gold], **changes: Any) -> str:
        return recipe_of(opened(said, tmp_path, **changes), file, gold, tmp_path).name

    usual = named("equations", "Gold File.json", GOLD)
    assert usual.startswith("gold-equations-gold-file.json-")
    assert usual == named("equations", "Gold File.json", GOLD)
    other = [Gold(id="a", problem="P", steps=("One.", "Three."), first_error=1)]
    changed = named("equations", "Gold File.json", GOLD, max_failed_share=0.5)
    assert len({usual, changed, named("equations", "Gold File.json", other)}) == 3


def test_models_with_published_scores_are_annotators_beside_it(tmp_path):
    row = {"problem": "P", "steps": ["One."], "Qwen PRM": [0.5]}
    path = write_jsonl(tmp_path / "scores.jsonl", [row])
    subject = beside_scores(opened("equations", tmp_path), path)
    assert subject.names == ("equations", "qwen-prm")
    recipe = recipe_of(subject, "g", GOLD, tmp_path)
    assert recipe.annotators["qwen-prm"].column == "Qwen PRM"  # type: ignore[union-attr]
    write_jsonl(path, [row | {"Qwen PRM": [0.25]}])
    changed = beside_scores(opened("equations", tmp_path), path)
    assert recipe_of(changed, "g", GOLD, tmp_path).name != recipe.name
    clash = write_jsonl(tmp_path / "clash.jsonl", [row | {"equations": [0.5]}])
    with pytest.raises(RecipeError, match="has a column 'equations', and an annotator"):
        beside_scores(opened("equations", tmp_path), clash)
    with pytest.raises(ProblemError, match="no list of `steps`"):
        beside_scores(subject, write_jsonl(tmp_path / "none.jsonl", [{"a": 1}]))
