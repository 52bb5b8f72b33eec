"""The build: a Prefect flow with two tasks a shard, one that buys and one that derives.

Prefect is the clock, not the memory. The flow reads problems as a stream and keeps a bounded number
of shards in work; as soon as any of them is done the next one, taken in meanwhile, follows it.
Tasks run in threads of this process or in worker processes (flows/runners.py). They are told plain
strings and look the build up by them: Prefect copies and serialises what it hands to a task, and a
build holds locks, sockets and an event loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import TerminationSignal
from prefect.futures import PrefectFuture, as_completed

from flows.crew import Crew, Team, at_work
from flows.finish import finish
from flows.intake import Intake, Intaken
from flows.member import lend, take_back, work
from flows.prefect_server import one_server
from flows.recipe import Recipe
from flows.runners import task_runner
from flows.shards import Build
from flows.stop import stoppable
from flows.worker import Progress, Worker
from stepmark.errors import Interrupted, RecipeError
from storage.manifest import Manifest


@task(task_run_name="draw {shard}", cache_policy=NO_CACHE)
def draw(build: str, shard: str) -> None:
    """Sample a shard's solutions and spend rollouts on them."""
    work(build, Build.draw, shard)


@task(task_run_name="label {shard}", cache_policy=NO_CACHE)
def label(build: str, shard: str) -> None:
    """Derive a shard's labels and data rows."""
    work(build, Build.label, shard)


class InWork:
    """The shards in work: each is drawn, then labelled."""

    def __init__(self, build: str) -> None:
        self._build = build
        self._shards: dict[PrefectFuture[Any], str | None] = {}

    def __len__(self) -> int:
        return len(self._shards)

    def begin(self, shard: str) -> None:
        """Have a shard drawn."""
        self._shards[draw.submit(self._build, shard)] = shard

    def move_on(self) -> None:
        """Wait for whichever task is done first, and have its shard labelled if it was drawn."""
        done = next(as_completed(list(self._shards)))
        drawn = self._shards.pop(done)
        done.result()
        if drawn is not None:
            self._shards[label.submit(self._build, drawn)] = None

    def end(self) -> None:
        """Wait until the tasks in work have ended, well or not."""
        for future in self._shards:
            future.wait()


class Job(NamedTuple):
    """What a flow works on and with whom; a flow is only told the folder, which Prefect records."""

    build: Build
    team: Team
    intake: Intake
    report: Callable[[Progress], object]

    @property
    def told(self) -> str:
        """What tasks are told."""
        return self.team.posting if isinstance(self.team, Crew) else str(self.build.root)


_JOBS: dict[str, Job] = {}


def _job(folder: str) -> Job:
    """Find the job of this process; flows are serialised with the names that they use."""
    return _JOBS[folder]


@flow(name="stepmark-build", flow_run_name="{folder}")
def build_flow(folder: str) -> None:
    """Run every stage on every shard, a bounded number of shards at once."""
    job = _job(folder)
    build, team = job.build, job.team
    in_work = InWork(job.told)
    with at_work(team), stoppable(team, end=in_work.end):
        for shard in _shards(job):
            while len(in_work) >= build.worker.shards_at_once:
                in_work.move_on()
                job.report(team.progress)
            in_work.begin(shard)
        while in_work:
            in_work.move_on()
            job.report(team.progress)


def run(
    root: Path,
    recipe: Recipe,
    worker: Worker,
    team: Team | None = None,
    report: Callable[[Progress], object] = lambda _: None,
) -> Manifest:
    """Run the flow over a build directory, write the manifest and return it.

    Args:
        root: the directory.
        recipe: what to build.
        worker: this process's own.
        team: who runs the tasks, if it is not that worker alone.
        report: is told how far it is when a task has ended.
    """
    build, team = Build(root, recipe, worker), team or worker
    intake = Intake(recipe, worker, build.reject, build.known())
    shards, folder = worker.shards_at_once, str(root)
    _JOBS[folder] = Job(build, team, intake, report)
    lend(folder, build)
    try:
        with one_server():
            build_flow.with_options(task_runner=task_runner(worker.runtime, shards))(folder)
    except TerminationSignal:  # SIGTERM outside the flow's own code, where Prefect heeds it
        raise KeyboardInterrupt from None
    except OSError as error:
        if worker.runtime.cluster is None:
            raise
        raise RecipeError(
            f"The cluster {worker.runtime.cluster} cannot be used: {error}. Start it, or leave "
            "--cluster out to have one started on this machine."
        ) from error
    except Interrupted:
        worker.meter.check_budget()  # worker processes can only be told to stop
        raise
    finally:
        take_back(folder)
        del _JOBS[folder]
    return finish(build, intake.digest)


def _shards(job: Job) -> Iterator[str]:
    """Yield the shards begun before, then take in what is new in the source, a shard at a time."""
    build, intake = job.build, job.intake
    begun = build.begun()
    yield from begun
    stream = iter(intake)
    for number in itertools.count(len(begun)):
        chunk = list(itertools.islice(stream, build.recipe.shard_problems))
        if not chunk:
            break
        shard = f"{number:05d}"
        build.take(shard, Intaken.of(chunk))
        yield shard
    intake.close()
