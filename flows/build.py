"""The build: a Prefect flow with one task a stage and shard.

Prefect is the clock, not the memory. A task reads a shard, calls a stage, writes a shard; a shard
that exists is not made again, and the ledger makes a repeated stage cost nothing. The flow reads
problems as a stream and keeps a bounded number of shards in work.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import TerminationSignal
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from flows import stages
from flows.intake import Intake, Intaken
from flows.recipe import Recipe, as_yaml
from flows.stop import stoppable
from flows.worker import Worker
from stepmark.errors import StorageError
from stepmark.records import Annotation, Problem, Reject, Rollout, Solution
from storage.atomic import write_text_whole
from storage.card import card
from storage.manifest import Manifest, describe, write_manifest
from storage.rows import Dropped, LabelledSolution
from storage.shards import ShardRef, read_shard, shard_ref, write_shard

Record = TypeVar("Record")
Refs = dict[str, list[ShardRef]]

RUN = "0000"
"""Number of the run that writes data shards; runs that append get the next ones."""


class Build:
    """A build directory with the worker that fills it, that tasks look up by its folder."""

    def __init__(self, root: Path, recipe: Recipe, worker: Worker) -> None:
        self.root = root
        self.recipe = recipe
        self.worker = worker

    def write(self, path: str, record: type[Record], rows: Sequence[Record]) -> None:
        """Write a shard below the build directory."""
        write_shard(self.root, path, record, rows)

    def read(self, path: str, record: type[Record]) -> tuple[Record, ...]:
        """Read a shard below the build directory."""
        return read_shard(self.root / path, record)

    def has(self, path: str) -> bool:
        """Tell whether a shard is already there."""
        return (self.root / path).exists()


_OPEN: dict[str, Build] = {}
"""Builds of this process by folder. Tasks get the folder's name: Prefect copies and serialises
what it hands to a task, and a build holds locks, sockets and an event loop."""


@task(task_run_name="solve {shard}", cache_policy=NO_CACHE)
def solve(folder: str, shard: str) -> None:
    """Write a shard of solutions, sampled from the policy."""
    build = _OPEN[folder]
    if not build.has(f"solutions/{shard}.parquet"):
        problems = build.read(f"problems/{shard}.parquet", Problem)
        worker = build.worker
        _keep_solutions(build, shard, worker.loop.run(stages.solve(problems, build.recipe, worker)))


@task(task_run_name="annotate {shard} {name}", cache_policy=NO_CACHE)
def annotate(folder: str, shard: str, name: str) -> None:
    """Write a shard of the rollouts that one annotator spends."""
    build = _OPEN[folder]
    path = f"rollouts/{name}/{shard}.parquet"
    if build.has(path):
        return
    rollouts = build.worker.loop.run(
        stages.gather_rollouts(
            build.recipe.annotators[name],
            build.read(f"problems/{shard}.parquet", Problem),
            build.read(f"solutions/{shard}.parquet", Solution),
            build.recipe,
            build.worker,
        )
    )
    build.write(path, Rollout, rollouts)


@task(task_run_name="label {shard}", cache_policy=NO_CACHE)
def label(folder: str, shard: str) -> None:
    """Write annotations, data and dropped rows of a shard, and its labels last."""
    build = _OPEN[folder]
    if not build.has(f"labels/{shard}.parquet"):
        recipe = build.recipe
        labelled = stages.label(
            build.read(f"problems/{shard}.parquet", Problem),
            build.read(f"solutions/{shard}.parquet", Solution),
            {n: build.read(f"rollouts/{n}/{shard}.parquet", Rollout) for n in recipe.annotators},
            recipe,
        )
        for name, annotations in labelled.annotations.items():
            build.write(f"annotations/{name}/{shard}.parquet", Annotation, annotations)
        for split, rows in labelled.rows.items():
            if rows:
                build.write(f"data/{split}-{RUN}-{shard}.parquet", LabelledSolution, rows)
        build.write(f"dropped/label-{shard}.parquet", Dropped, labelled.dropped)
        chosen = labelled.annotations[recipe.labels.from_]
        build.write(f"labels/{shard}.parquet", Annotation, chosen)


@flow(name="stepmark-build", flow_run_name="{folder}")
def build_flow(folder: str) -> None:
    """Run every stage on every shard, a bounded number of shards at once."""
    build = _OPEN[folder]
    in_work: deque[list[PrefectFuture[Any]]] = deque()
    with stoppable(build.worker, end=lambda: _end(in_work)):
        for shard, intaken in _shards(build):
            _keep_problems(build, shard, intaken)
            if intaken.given:
                _take_given(build, shard, intaken)
            in_work.append(_submit(build, folder, shard))
            if len(in_work) >= build.worker.shards_at_once:
                _wait(in_work[0])
                in_work.popleft()
        for stages_of_shard in in_work:
            _wait(stages_of_shard)


def _submit(build: Build, folder: str, shard: str) -> list[PrefectFuture[Any]]:
    """Queue the stages of a shard, each after those it reads from."""
    solved = solve.submit(folder, shard)
    drawn = [
        annotate.submit(folder, shard, name, wait_for=[solved], return_state=False)
        for name in build.recipe.annotators
    ]
    return [solved, *drawn, label.submit(folder, shard, wait_for=drawn, return_state=False)]


def _wait(stages_of_shard: list[PrefectFuture[Any]]) -> None:
    """Wait for a shard, in the order of its stages, so that the first failure is what is told."""
    for future in stages_of_shard:
        future.result()


def _end(in_work: Iterable[list[PrefectFuture[Any]]]) -> None:
    """Wait until the stages of shards have ended, well or not."""
    for stages_of_shard in in_work:
        for future in stages_of_shard:
            future.wait()


def run(root: Path, recipe: Recipe, worker: Worker) -> Manifest:
    """Run the flow over a build directory, write the manifest and return it."""
    build = Build(root, recipe, worker)
    runner: Any = ThreadPoolTaskRunner(
        max_workers=worker.shards_at_once * (2 + len(recipe.annotators))
    )
    _OPEN[str(root)] = build
    try:
        build_flow.with_options(task_runner=runner)(str(root))
    except TerminationSignal:  # SIGTERM outside the flow's own code, where Prefect heeds it
        raise KeyboardInterrupt from None
    finally:
        del _OPEN[str(root)]
    return _finish(build)


def _shards(build: Build) -> Iterator[tuple[str, Intaken]]:
    """Read the source as a stream, a shard of problems at a time, and keep the rejects."""
    intake = Intake(build.recipe, build.worker)
    stream = iter(intake)
    for number in itertools.count():
        chunk = list(itertools.islice(stream, build.recipe.shard_problems))
        if not chunk:
            break
        yield f"{number:05d}", Intaken.of(chunk)
    build.write("rejects/00000.parquet", Reject, intake.rejects)


def _keep_problems(build: Build, shard: str, intaken: Intaken) -> None:
    """Write a shard of problems, or check that the one there still holds the same ones."""
    path = f"problems/{shard}.parquet"
    if not build.has(path):
        build.write(path, Problem, intaken.problems)
        return
    before = [problem.id for problem in build.read(path, Problem)]
    if before != [problem.id for problem in intaken.problems]:
        raise StorageError(
            f"{build.recipe.source.path} has changed since {build.root / path} was written: other "
            "problems stand where its problems stood. Build into another folder, or start clean "
            "with --replace (the ledger is kept, so nothing is bought twice)."
        )


def _take_given(build: Build, shard: str, intaken: Intaken) -> None:
    """Write the solutions that came with the problems, where a policy would have sampled them."""
    if not build.has(f"solutions/{shard}.parquet"):
        worker = build.worker
        _keep_solutions(
            build, shard, worker.loop.run(stages.take_given(intaken.given, build.recipe, worker))
        )


def _keep_solutions(build: Build, shard: str, solved: stages.Solved) -> None:
    build.write(f"dropped/solve-{shard}.parquet", Dropped, solved.dropped)
    build.write(f"solutions/{shard}.parquet", Solution, solved.solutions)


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
    shards = sorted(path.stem for path in (build.root / "problems").glob("*.parquet"))
    names = build.recipe.annotators
    paths = {
        "problems": [f"problems/{s}.parquet" for s in shards],
        "rejects": ["rejects/00000.parquet"],
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
