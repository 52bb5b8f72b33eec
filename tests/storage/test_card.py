"""The card: front matter that the Hub can read, and how the labels were made."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
import yaml

from storage.card import SEMANTICS, card
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
