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
from prefect.exceptions import TerminationSignal
from prefect.futures import PrefectFuture, as_completed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.finish import finish
from flows.intake import Intake, Intaken
from flows.recipe import Recipe
from flows.shards import Build
from flows.stop import stoppable
from flows.worker import Worker
from storage.manifest import Manifest

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
    with stoppable(build.worker, end=lambda: _end(in_work)):
        for shard, intaken in _shards(build):
            build.take(shard, intaken)
            drawn = draw.submit(folder, shard)
            in_work[label.submit(folder, shard, wait_for=[drawn], return_state=False)] = drawn
            if len(in_work) >= build.worker.shards_at_once:
                _wait_for_one(in_work)
        while in_work:
            _wait_for_one(in_work)


def _wait_for_one(in_work: InWork) -> None:
    """Wait for whichever shard is done first; of one that failed the first failure is told."""
    labelled = next(as_completed(list(in_work)))
    in_work.pop(labelled).result()
    labelled.result()


def _end(in_work: InWork) -> None:
    """Wait until the tasks of the shards in work have ended, well or not."""
    for labelled, drawn in in_work.items():
        drawn.wait()
        labelled.wait()


def run(root: Path, recipe: Recipe, worker: Worker) -> Manifest:
    """Run the flow over a build directory, write the manifest and return it."""
    build = Build(root, recipe, worker)
    runner: Any = ThreadPoolTaskRunner(max_workers=2 * worker.shards_at_once)
    _OPEN[str(root)] = build
    try:
        build_flow.with_options(task_runner=runner)(str(root))
    except TerminationSignal:  # SIGTERM outside the flow's own code, where Prefect heeds it
        raise KeyboardInterrupt from None
    finally:
        del _OPEN[str(root)]
    return finish(build)


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
