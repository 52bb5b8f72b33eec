"""The end of a build: its rows filtered, shards listed and counted, the card, the manifest last."""

from __future__ import annotations

from pathlib import Path

from flows.agreeing import agreement
from flows.filtering import dropped_path, filter_rows
from flows.kinds import CRITIQUES, FINDINGS, ROLLOUTS, kind_of
from flows.recipe import as_yaml
from flows.shards import RUN, Build
from storage.atomic import write_text_whole
from storage.card import card
from storage.manifest import Manifest, describe, write_manifest
from storage.shards import ShardRef, shard_ref

Refs = dict[str, list[ShardRef]]


def finish(build: Build) -> Manifest:
    """Filter the rows, count what the shards hold, write card and manifest; return the latter."""
    filter_rows(build, _numbers(build.root / "problems"))
    refs = _refs(build)
    manifest = describe(
        build.root,
        name=build.recipe.name,
        recipe=build.recipe.fingerprint,
        policies=build.worker.identities,
        shards=refs,
        agreement=agreement(build, _numbers(build.root / "problems")),
    )
    recipe = build.recipe
    text = card(manifest, as_yaml(recipe), recipe.semantics)
    write_text_whole(build.root / "README.md", text)
    write_manifest(build.root, manifest)  # last: where it is, everything is
    return manifest


def _refs(build: Build) -> Refs:
    """List the shards of every stage, those of the data last."""
    shards = _numbers(build.root / "problems")
    recipe = build.recipe
    names = recipe.annotators
    paths = {
        "problems": [f"problems/{s}.parquet" for s in shards],
        "rejects": [f"rejects/{s}.parquet" for s in _numbers(build.root / "rejects")],
        "solutions": [f"solutions/{s}.parquet" for s in shards],
        **{
            f"{folder}/{n}": [f"{folder}/{n}/{s}.parquet" for s in shards]
            for folder in (ROLLOUTS.folder, CRITIQUES.folder, FINDINGS.folder)
            for n, annotator in recipe.annotators.items()
            if kind_of(annotator).folder == folder
        },
        **{f"annotations/{n}": [f"annotations/{n}/{s}.parquet" for s in shards] for n in names},
        "labels": [f"labels/{s}.parquet" for s in shards],
        "dropped": [f"dropped/{k}-{s}.parquet" for s in shards for k in ("solve", "label")]
        + [dropped_path(s) for s in shards if recipe.filters],
        **{
            f"data/{split}": [
                path for s in shards if build.has(path := f"data/{split}-{RUN}-{s}.parquet")
            ]
            for split in build.recipe.splits
        },
    }
    return {stage: [shard_ref(build.root, path) for path in each] for stage, each in paths.items()}


def _numbers(folder: Path) -> list[str]:
    """Return the numbers of the shards in a folder, in order."""
    return sorted(path.stem for path in folder.glob("*.parquet"))
