"""A build's folder, killed at the worst moments: never half made, never locked out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from flows.place import held, prepare
from flows.recipe import Recipe
from flows.recipe_file import load_recipe
from stepmark.errors import StorageError
from storage.manifest import MANIFEST
from tests.flows.arrange import arrange


class Killed(BaseException):
    """Stands for SIGKILL: nothing after it is done."""


def a_recipe(folder: Path, **changes: Any) -> Recipe:
    return load_recipe(str(arrange(folder, **changes)))[0]


def a_finished_build(folder: Path, recipe: Recipe) -> Path:
    root = folder / "out"
    root.mkdir()
    prepare(root, recipe, replace=False)
    for stage in ("problems", "solutions", "rollouts/mc", "annotations/mc", "labels", "data"):
        for shard in ("00000", "00001"):
            (root / stage).mkdir(parents=True, exist_ok=True)
            (root / stage / f"{shard}.parquet").write_text(stage)
    (root / "policies.json").write_text("{}")
    (root / "runs.jsonl").write_text("")
    (root / MANIFEST).write_text("{}")
    return root


def kill_after(monkeypatch: pytest.MonkeyPatch, removals: int) -> None:
    """Die when the next thing after so many would be removed from disk."""
    done = 0
    unlink, rmtree = Path.unlink, shutil.rmtree

    def counted(remove: Any) -> Any:
        def one(*arguments: Any, **options: Any) -> None:
            nonlocal done
            if done == removals:
                raise Killed
            done += 1
            remove(*arguments, **options)

        return one

    monkeypatch.setattr(Path, "unlink", counted(unlink))
    monkeypatch.setattr(shutil, "rmtree", counted(rmtree))


@pytest.mark.parametrize("removals", range(9))
def test_a_clean_start_killed_at_any_moment_can_be_made_again(tmp_path, monkeypatch, removals):
    recipe = a_recipe(tmp_path)
    root = a_finished_build(tmp_path, recipe)
    with monkeypatch.context() as patch:
        kill_after(patch, removals)
        with pytest.raises(Killed):
            prepare(root, recipe, replace=True)
    if removals:
        assert not (root / MANIFEST).exists()
    if any((root / "solutions").glob("*")):
        assert (root / "policies.json").exists()
    prepare(root, recipe, replace=True)
    assert {path.name for path in root.iterdir()} == {"recipe.yaml", "runs.jsonl"}


@pytest.mark.parametrize("removals", range(4))
def test_labels_are_there_only_with_all_that_was_derived_with_them(tmp_path, monkeypatch, removals):
    root = a_finished_build(tmp_path, a_recipe(tmp_path))
    changed = a_recipe(tmp_path, annotators__mc__rule={"method": "soft"})
    with monkeypatch.context() as patch:
        kill_after(patch, removals)
        with pytest.raises(Killed):
            prepare(root, changed, replace=False)
    if removals:
        assert not (root / MANIFEST).exists()
    if (root / "labels").exists():
        assert (root / "annotations" / "mc" / "00000.parquet").exists()
        assert (root / "data" / "00000.parquet").exists()


def test_labels_that_cannot_be_removed_are_not_kept_in_silence(tmp_path, monkeypatch):
    root = a_finished_build(tmp_path, a_recipe(tmp_path))
    changed = a_recipe(tmp_path, annotators__mc__rule={"method": "soft"})

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("shutil.rmtree", refused)
    with pytest.raises(StorageError, match="labels cannot be removed: Permission denied"):
        prepare(root, changed, replace=False)


def test_a_build_killed_while_it_wrote_its_first_file_is_begun_again(tmp_path):
    root = tmp_path / "out"
    with held(root):
        (root / "recipe.yaml.tmp").write_text("na")
    with held(root):
        prepare(root, a_recipe(tmp_path), replace=False)
    assert (root / "recipe.yaml").exists()


def test_a_build_that_took_nothing_in_may_be_begun_with_another_recipe(tmp_path):
    root = tmp_path / "out"
    with held(root):
        prepare(root, a_recipe(tmp_path), replace=False)
        (root / "policies.json").write_text("{}")
        (root / "logs").mkdir()
    with held(root):
        prepare(root, a_recipe(tmp_path, solve__samples=7), replace=False)
    assert "samples: 7" in (root / "recipe.yaml").read_text()
    assert not (root / "policies.json").exists()


def test_a_build_that_took_problems_in_keeps_its_recipe(tmp_path):
    root = tmp_path / "out"
    with held(root):
        prepare(root, a_recipe(tmp_path), replace=False)
        (root / "problems").mkdir()
    with held(root), pytest.raises(StorageError, match="samples: 2 before, 7 now"):
        prepare(root, a_recipe(tmp_path, solve__samples=7), replace=False)


def test_files_of_others_are_left_alone(tmp_path):
    root = tmp_path / "out"
    root.mkdir()
    (root / "thesis.tex").write_text("")
    for replace in (False, True):
        with pytest.raises(StorageError, match="is not empty and holds no build"):
            prepare(root, a_recipe(tmp_path), replace=replace)
    assert (root / "thesis.tex").exists()
