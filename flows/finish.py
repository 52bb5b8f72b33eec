"""The end of a build: rows filtered, shards listed and counted, card, report, the manifest last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flows.agreeing import agreement
from flows.card import write_card
from flows.filtering import dropped_path, filter_rows
from flows.kinds import KINDS, kind_of
from flows.report import write_report
from flows.reviewed import refuse_misfits, refused_path
from flows.shards import Build
from storage.manifest import Manifest, describe, shard_of, write_manifest
from storage.shards import ShardRef, shard_ref

Refs = dict[str, list[ShardRef]]


def finish(build: Build, source: str) -> Manifest:
    """Filter the rows, count what the shards hold, write card, report and manifest, returned here.

    Args:
        build: whose shards are all there.
        source: digest of what its source held.
    """
    filter_rows(build, _numbers(build.root / "problems"))
    refuse_misfits(build)
    refs = _refs(build)
    manifest = describe(
        build.root,
        name=build.recipe.name,
        recipe=build.recipe.fingerprint,
        policies=build.worker.identities,
        shards=refs,
        agreement=agreement(build, _numbers(build.root / "problems")),
        source=source,
    )
    write_card(build.root, build.recipe, manifest)
    write_report(build.root, manifest)
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
            for folder in (kind.folder for kind in KINDS)
            for n, annotator in recipe.annotators.items()
            if kind_of(annotator).folder == folder
        },
        **{f"refused/{n}": [refused_path(n)] for n in recipe.reviewed},
        **{f"annotations/{n}": [f"annotations/{n}/{s}.parquet" for s in shards] for n in names},
        **{
            f"rationales/{n}": [f"rationales/{n}/{s}.parquet" for s in shards]
            for n in recipe.judges
        },
        "labels": [f"labels/{s}.parquet" for s in shards],
        "dropped": [f"dropped/{k}-{s}.parquet" for s in shards for k in ("solve", "label")]
        + [dropped_path(s) for s in shards if recipe.filters],
        **{f"data/{split}": _data(build, split, shards) for split in recipe.splits},
    }
    return {stage: [shard_ref(build.root, path) for path in each] for stage, each in paths.items()}


def _data(build: Build, split: str, shards: Sequence[str]) -> list[str]:
    """Return the data shards of a split in the order of the shards, whichever run wrote them."""
    paths = {shard_of(p.name): p for p in build.data if p.name.rsplit("-", 2)[0] == split}
    return [f"data/{paths[shard].name}" for shard in shards if shard in paths]


def _numbers(folder: Path) -> list[str]:
    """Return the numbers of the shards in a folder, in order."""
    return sorted(path.stem for path in folder.glob("*.parquet"))
