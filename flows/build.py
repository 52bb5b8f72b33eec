"""The build: a Prefect flow with two tasks a shard, one that buys and one that derives.

Prefect is the clock, not the memory. The flow reads problems as a stream and keeps a bounded number
of shards in work; as soon as any of them is done, the next is taken in.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, as_completed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.intake import Intake, Intaken
from flows.recipe import Recipe, as_yaml
from flows.shards import RUN, Build
from flows.worker import Worker
from storage.atomic import write_text_whole
from storage.card import card
from storage.manifest import Manifest, describe, write_manifest
from storage.shards import ShardRef, shard_ref

Refs = dict[str, list[ShardRef]]
InWork = dict[PrefectFuture[Any], PrefectFuture[Any]]
"""The last task of each shard in work, with the one before it."""

_OPEN: dict[str, Build] = {}
"""Builds of this process by folder. Tasks get the folder's name: Prefect copies and serialises
what it hands to a task, and a build holds locks, sockets and an event loop."""


@task(task_run_name="draw {shard}", cache_policy=NO_CACHE)
def draw(folder: str, shard: str) -> None:
    """Sample a shard's solutions and spend rollouts on them."""
    _OPEN[folder].draw(shard)


@task(task_run_name="label {shard}", cache_policy=NO_CACHE)
def label(folder: str, shard: str) -> None:
    """Derive a shard's labels and data rows."""
    _OPEN[folder].label(shard)


@flow(name="stepmark-build", flow_run_name="{folder}")
def build_flow(folder: str) -> None:
    """Run every stage on every shard, a bounded number of shards at once."""
    build = _OPEN[folder]
    in_work: InWork = {}
    try:
        for shard, intaken in _shards(build):
            build.take(shard, intaken)
            drawn = draw.submit(folder, shard)
            in_work[label.submit(folder, shard, wait_for=[drawn], return_state=False)] = drawn
            if len(in_work) >= build.worker.shards_at_once:
                _wait_for_one(in_work)
        while in_work:
            _wait_for_one(in_work)
    except BaseException:
        # Tasks wait in threads for the engine loop: they end when their coroutines do.
        build.worker.loop.cancel_all()
        raise


def _wait_for_one(in_work: InWork) -> None:
    """Wait for whichever shard is done first; of one that failed the first failure is told."""
    labelled = next(as_completed(list(in_work)))
    in_work.pop(labelled).result()
    labelled.result()


def run(root: Path, recipe: Recipe, worker: Worker) -> Manifest:
    """Run the flow over a build directory, write the manifest and return it."""
    build = Build(root, recipe, worker)
    runner: Any = ThreadPoolTaskRunner(max_workers=2 * worker.shards_at_once)
    _OPEN[str(root)] = build
    try:
        build_flow.with_options(task_runner=runner)(str(root))
    finally:
        del _OPEN[str(root)]
    return _finish(build)


def _shards(build: Build) -> Iterator[tuple[str, Intaken]]:
    """Read the source as a stream, a shard of problems at a time, and keep the rejects."""
    intake = Intake(build.recipe, build.worker, build.reject)
    stream = iter(intake)
    for number in itertools.count():
        chunk = list(itertools.islice(stream, build.recipe.shard_problems))
        if not chunk:
            break
        yield f"{number:05d}", Intaken.of(chunk)
    intake.close()


def _finish(build: Build) -> Manifest:
    refs = _refs(build)
    manifest = describe(
        build.root,
        name=build.recipe.name,
        recipe=build.recipe.fingerprint,
        policies=build.worker.identities,
        shards=refs,
    )
    text = card(manifest, as_yaml(build.recipe), "potential")
    write_text_whole(build.root / "README.md", text)
    write_manifest(build.root, manifest)  # last: where it is, everything is
    return manifest


def _refs(build: Build) -> Refs:
    """List the shards of every stage, those of the data last."""
    shards = _numbers(build.root / "problems")
    names = build.recipe.annotators
    paths = {
        "problems": [f"problems/{s}.parquet" for s in shards],
        "rejects": [f"rejects/{s}.parquet" for s in _numbers(build.root / "rejects")],
        "solutions": [f"solutions/{s}.parquet" for s in shards],
        **{f"rollouts/{n}": [f"rollouts/{n}/{s}.parquet" for s in shards] for n in names},
        **{f"annotations/{n}": [f"annotations/{n}/{s}.parquet" for s in shards] for n in names},
        "labels": [f"labels/{s}.parquet" for s in shards],
        "dropped": [f"dropped/{k}-{s}.parquet" for s in shards for k in ("solve", "label")],
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
