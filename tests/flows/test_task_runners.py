"""Tasks in worker processes, on the real Ray and Dask: the bytes of threads, nothing paid lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from flows import runners
from flows.runners import check_runner
from flows.runtime import Runtime
from stepmark.errors import RecipeError
from tests.fakes.openai_server import FakeServer
from tests.fakes.server_faults import Fault
from tests.flows.arrange import build, files_of, served_recipe
from tests.flows.test_stop import TO_CONTINUE, draws_kept, draws_sent, read_until

ROOT = Path(__file__).parents[2]
RUNNERS = [
    pytest.param(
        runner,
        marks=pytest.mark.skipif(
            find_spec(f"prefect_{runner}") is None, reason=f"the extra {runner} is not installed"
        ),
    )
    for runner in ("ray", "dask")
]


@contextmanager
def started(
    folder: Path, recipe: Path, server: FakeServer, *options: str
) -> Iterator[subprocess.Popen[str]]:
    """Run a build in a process group of its own, one request in flight in each of two workers."""
    command = [sys.executable, "-m", "flows.cli", "build", str(recipe), "--out", str(folder)]
    command += ["--engine", server.url, "--concurrency", "2", "--workers", "2", *options]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):  # workers of one that failed go with it
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.usefixtures("shared_server")
def test_two_worker_processes_give_the_bytes_of_threads(tmp_path, runner):
    recipe = served_recipe(tmp_path)
    with FakeServer() as server:
        build(recipe, tmp_path / "threads", addresses={"solver": (server.url,)})
    second = threading.Event()

    def arrived(number: int) -> Fault | None:
        if number:
            second.set()
        return None

    # A worker process sends its next request when the one before is answered: the second request
    # to be held is another process's.
    with (
        FakeServer(hold_from=0, faults=arrived) as server,
        started(tmp_path / runner, recipe, server, "--task-runner", runner) as process,
    ):
        assert second.wait(200)
        server.release()
        told, _ = process.communicate(timeout=200)
    assert process.returncode == 0, told
    root = tmp_path / runner / "tiny"
    assert files_of(root) == files_of(tmp_path / "threads" / "tiny")
    run = json.loads((root / "runs.jsonl").read_text())
    assert sorted(map(bool, run["workers"].values())) == [True, True]
    assert sum(run["workers"].values()) == 5
    assert run["bought"] == draws_sent(server)


@pytest.mark.parametrize("runner", RUNNERS)
def test_ctrl_c_at_a_terminal_takes_what_is_under_way(tmp_path, runner):
    recipe = served_recipe(tmp_path)
    with (
        FakeServer(hold_from=3) as server,
        started(tmp_path / "out", recipe, server, "--task-runner", runner) as process,
    ):
        assert server.draw_held.wait(200)
        os.killpg(process.pid, signal.SIGINT)
        read_until(process, "requests under way")  # by then the worker processes have heard it
        server.release()
        told, _ = process.communicate(timeout=200)
        assert process.returncode == 130, told
        assert TO_CONTINUE in told
        assert "Traceback" not in told
        assert draws_kept(tmp_path) == draws_sent(server)


def test_an_extra_that_is_missing_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(runners, "find_spec", lambda _: None)
    with pytest.raises(RecipeError, match=r'pip install "stepmark\[ray\]"'):
        check_runner(Runtime(task_runner="ray"), started=())


def test_more_workers_than_requests_in_flight_are_refused(monkeypatch):
    monkeypatch.setattr(runners, "find_spec", lambda _: "there")
    with pytest.raises(RecipeError, match="--concurrency 2 cannot be divided among --workers 3"):
        check_runner(Runtime(task_runner="dask", workers=3, concurrency=2), started=())


def test_a_cluster_is_not_sent_to_a_server_that_it_cannot_find(monkeypatch):
    monkeypatch.setattr(runners, "find_spec", lambda _: "there")
    with pytest.raises(RecipeError, match="solver have no address"):
        check_runner(Runtime(task_runner="dask", cluster="tcp://head:8786"), started=("solver",))


def test_a_cluster_goes_with_a_runner_that_has_one():
    with pytest.raises(RecipeError, match="--cluster tcp://head:8786 goes with"):
        check_runner(Runtime(cluster="tcp://head:8786"), started=())


@pytest.mark.skipif(find_spec("prefect_dask") is None, reason="the extra dask is not installed")
@pytest.mark.usefixtures("shared_server")
def test_a_cluster_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    recipe = served_recipe(tmp_path)
    options = ("--task-runner", "dask", "--cluster", "tcp://127.0.0.1:9")
    with FakeServer() as server, started(tmp_path / "out", recipe, server, *options) as process:
        told, _ = process.communicate(timeout=200)
    assert process.returncode == 1
    assert "RecipeError: The cluster tcp://127.0.0.1:9 cannot be used" in told
    assert "Traceback" not in told
