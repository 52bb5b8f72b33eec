"""The card: front matter that the Hub can read, and how the labels were made."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
import yaml

from storage.card import SEMANTICS, About, card
from storage.front_matter import ExportFacts
from storage.manifest import Manifest
from storage.rows import LabelledSolution
from storage.shards import ShardRef

SHARD = ShardRef(path="data/train-0000-0000.parquet", rows=1234, sha256="0" * 64)
RECIPE = "name: build\nsolve:\n  samples: 8\n"


def a_manifest(**changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "name": "build",
        "recipe": "re_0123",
        "stepmark": "0.1.0",
        "schema": 1,
        "policies": {},
        "shards": {"data/train": (SHARD,), "data/test": ()},
        "counts": {
            "problems": 10,
            "rejected": {},
            "solutions": {"correct": 3, "incorrect": 1},
            "verdicts": {"mc": {"correct": 5, "unlabelled: not_probed": 2}},
            "critiques": {"critic": {"contradiction": 4, "read": 16}},
            "comparisons": {},
            "dropped": {"no_steps": 1},
            "rows": {"test": 0, "train": 1234},
        },
        "costs": {},
    }
    return Manifest(**values | changes)


def front_matter(text: str) -> dict[str, Any]:
    _, front, _ = text.split("---\n", 2)
    loaded: dict[str, Any] = yaml.safe_load(front)
    return loaded


def test_the_front_matter_lists_the_splits_that_have_files():
    (config,) = front_matter(card(a_manifest(), RECIPE, "potential"))["configs"]
    assert config["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]


def test_other_rows_are_another_config_so_that_nobody_reads_those_of_before_from_a_cache():
    def config(sha256: str) -> object:
        shards = {"data/train": (replace(SHARD, sha256=sha256),)}
        return front_matter(
            card(a_manifest(shards={**shards, "data/test": ()}), RECIPE, "potential")
        )

    assert config("0" * 64) != config("1" * 64)


@pytest.mark.parametrize("name", ["build", "yes", "1e3", "a: b", "#1", 'a "b"'])
def test_the_name_is_text_whatever_yaml_makes_of_it(name):
    assert front_matter(card(a_manifest(name=name), RECIPE, "potential"))["pretty_name"] == name


def test_every_column_is_described():
    text = card(a_manifest(), RECIPE, "potential")
    assert all(f"- `{field.name}`: " in text for field in fields(LabelledSolution))


@pytest.mark.parametrize("semantics", SEMANTICS)
def test_the_card_says_what_labels_claim_and_how_to_score(semantics):
    text = card(a_manifest(), RECIPE, semantics)
    assert f"`{semantics}`: a step is `correct`" in text
    assert "Score whole solutions by the" in text
    assert "`unlabelled` means unknown, never wrong." in text


def test_what_is_in_it_is_counted():
    lines = card(a_manifest(), RECIPE, "potential").splitlines()
    assert "| train | 1,234 |" in lines
    assert "| unlabelled: not_probed | 2 |" in lines
    assert "| no_steps | 1 |" in lines


def test_what_could_be_read_of_a_judge_is_in_it():
    text = card(a_manifest(), RECIPE, "correctness")
    assert "| Replies of `critic`, read or why not |" in text
    assert "| contradiction | 4 |" in text


def test_how_far_annotators_agree_is_in_it():
    agreement = {"alpha": 0.61, "kappa": {"mc ~ critic": None}, "first_error": {}}
    text = card(a_manifest(agreement=agreement), RECIPE, "correctness")
    assert "| Krippendorff's alpha | 0.61 |" in text
    assert "| kappa, mc ~ critic | undefined |" in text
    assert "alpha" not in card(a_manifest(), RECIPE, "correctness")


EXPORT = ExportFacts(
    format="trl",
    rows={"train": 1200, "test": 0},
    left_out={"neutral labels": 3},
    suffix="parquet",
    digest="ex_1",
)


def test_exports_are_configs_of_their_own_and_the_labels_the_default():
    text = card(a_manifest(), RECIPE, "potential", exports=[EXPORT])
    default, export = front_matter(text)["configs"]
    assert (default["config_name"], export["config_name"]) == ("default", "trl")
    path = "export/trl/train-[0-9]*.parquet"
    assert export["data_files"] == [{"split": "train", "path": path}]


def test_the_card_says_what_an_export_leaves_out():
    text = card(a_manifest(), RECIPE, "potential", exports=[EXPORT])
    assert "`trl`: train 1,200 rows; left out: 3 neutral labels" in text


def test_the_author_says_intent_licence_and_gaps():
    about = About(intent="To find slips.", license="mit", gaps=("English alone.",))
    text = card(a_manifest(), RECIPE, "potential", about)
    assert front_matter(text)["license"] == "mit"
    assert "## Intent\n\nTo find slips.\n" in text
    assert "- English alone.\n" in text


def test_what_nobody_stated_is_said_to_be_unknown():
    text = card(a_manifest(), RECIPE, "potential")
    assert "license" not in front_matter(text)
    assert "The recipe states no licence." in text
    assert "None: the problems were not compared with any benchmark." in text


def test_a_decontaminated_recipe_says_so():
    recipe = "filters:\n- method: decontaminate\n"
    assert "not compared with any" not in card(a_manifest(), recipe, "potential")


def test_balance_noise_and_runs_are_told():
    noise = {
        "measured": 900,
        "graded_rollouts": 7200,
        "without_success": 300,
        "refuted": 21,
        "right": 60,
        "right_accused": 6,
        "value_se": 0.142,
    }
    text = card(
        a_manifest(balance={"outcomes": {"correct": 617}, "sources": {"a.jsonl": 9}}, noise=noise),
        RECIPE,
        "potential",
    )
    assert "| correct | 617 |" in text
    assert "| a.jsonl | 9 |" in text
    assert "the standard error of a value is 0.142 on average" in text
    assert "21 of those are refuted by a success later in the same solution" in text
    assert "| 0000 | 1,234 |" in text


def test_labels_without_counts_have_no_noise_estimate():
    """Rollouts may stand behind them all the same: a consensus has its first annotator's counts."""
    text = card(a_manifest(), RECIPE, "potential")
    assert "carry no counts of rollouts: their sampling noise cannot be estimated" in text
    assert "rest on no rollouts" not in text


def test_who_labelled_and_who_wrote_is_told():
    recipe = (
        "annotators:\n  mc:\n    method: monte_carlo\n    policy: solver\n"
        "    probe: {method: binary}\n    rule: {method: hard}\n"
    )
    policies = {"solver": {"model": "Qwen/Q", "revision": None, "continuation": "completions"}}
    text = card(a_manifest(policies=policies), recipe, "potential")
    assert "| `mc` | monte_carlo · probe binary · rule hard |" in text
    assert "| `solver` | model Qwen/Q, continuation completions |" in text


def test_an_empty_count_has_no_table():
    assert "Rejected rows" not in card(a_manifest(), RECIPE, "potential")


def test_the_recipe_and_its_fingerprint_are_there():
    text = card(a_manifest(), RECIPE, "potential")
    assert f"```yaml\n{RECIPE}```\n" in text
    assert "Fingerprint `re_0123`." in text


def test_backticks_in_a_recipe_do_not_end_its_block():
    recipe = "solve:\n  user: |\n    ```python\n    {problem}\n    ```\n"
    assert f"````yaml\n{recipe}````\n" in card(a_manifest(), recipe, "potential")


def test_a_card_depends_on_the_manifest_alone():
    assert card(a_manifest(), RECIPE, "local") == card(replace(a_manifest()), RECIPE, "local")
