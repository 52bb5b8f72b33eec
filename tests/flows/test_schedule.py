"""A schedule from end to end: Prefect's server and worker, a model server, and a Hub."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.hub import FakeHub
from tests.fakes.openai_server import FakeServer
from tests.fakes.server_faults import Fault
from tests.flows.arrange import question, served_recipe, write_jsonl

REPO = "me/nightly"
PATIENCE_S = 400
CLI = (sys.executable, "-m", "flows.cli")
PREFECT = (sys.executable, "-m", "prefect")


def have(folder: Path, problems: int) -> None:
    rows = [{"question": question(n, n), "answer": str(2 * n + 1)} for n in range(problems)]
    write_jsonl(folder / "problems.tmp", rows).replace(folder / "problems.jsonl")


def until(condition: Callable[[], Any], what: str) -> Any:
    """Look again and again, as long as a minute's schedule on a busy machine may take."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        threading.Event().wait(0.5)
    pytest.fail(f"waited {PATIENCE_S} s for {what}")


@contextlib.contextmanager
def running(*command: str, env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs meanwhile, and is ended with all that it started."""
    with (
        log.open("wb") as file,
        subprocess.Popen(
            command, env=env, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def descendants(parent: int) -> list[int]:
    """Processes that a process started, and those that they started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            after_name = stat.read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                found += [int(stat.parent.name), *descendants(int(stat.parent.name))]
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Api:
    """What is asked of Prefect's server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def is_up(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(urllib.request.urlopen(f"{self.url}/health", timeout=5).read())
        return False

    def listed(self, what: str) -> list[dict[str, Any]]:
        request = urllib.request.Request(
            f"{self.url}/{what}/filter",
            data=b'{"limit": 200}',
            headers={"Content-Type": "application/json"},
        )
        listed: list[dict[str, Any]] = json.load(urllib.request.urlopen(request, timeout=60))
        return listed

    def runs(self, state: str) -> list[dict[str, Any]]:
        return [run for run in self.listed("flow_runs") if run["state_type"] == state]


@pytest.mark.slow
@pytest.mark.timeout(5 * PATIENCE_S)
def test_a_schedule_publishes_what_is_new_and_a_killed_run_changes_nothing(tmp_path):
    with FakeServer() as engine, FakeHub() as hub:
        recipe = served_recipe(tmp_path, splits={"train": 1.0}, export=["trl"])
        have(tmp_path, 3)
        port = free_port()
        api = Api(f"http://127.0.0.1:{port}/api")
        env = os.environ | {
            "PREFECT_HOME": str(tmp_path / "prefect"),
            "PREFECT_API_URL": api.url,
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")]),
            "HF_ENDPOINT": hub.url,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HOME": str(tmp_path / "hf"),
        }

        def published() -> dict[str, bytes]:
            return hub.repos[REPO].files() if REPO in hub.repos else {}

        def holds(problems: int) -> bool:
            manifest = json.loads(published().get("manifest.json", b'{"counts": {"problems": 0}}'))
            return bool(manifest["counts"]["problems"] == problems)

        server = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        deploy = [*CLI, "deploy", str(recipe), "--cron", "* * * * *", "--publish", REPO]
        deploy += ["--out", str(tmp_path / "out"), "--engine", engine.url]
        worker = [*PREFECT, "worker", "start", "--pool", "stepmark"]
        with running(*server, env=env, log=tmp_path / "server.log"):
            until(api.is_up, "Prefect's server")
            subprocess.run(deploy, env=env, check=True)
            with running(*worker, env=env, log=tmp_path / "worker.log") as process:
                until(lambda: holds(3), "the first run")
                first, draws = dict(published()), engine.draw_requests

                have(tmp_path, 5)
                until(lambda: holds(5), "the second run")
                second = dict(published())
                kept = {path for path in first if path.endswith(".parquet")}
                assert {path: second[path] for path in kept} == {p: first[p] for p in kept}
                assert {p for p in second.keys() - kept if p.endswith(".parquet")} == {
                    "data/train-0001-00002.parquet",
                    "export/trl/train-0001-00002.parquet",
                }
                assert engine.draw_requests - draws < draws  # two problems, not five
                keys = {artifact["key"] for artifact in api.listed("artifacts")}
                assert {"tiny-progress", "tiny-rows"} <= keys

                engine.faults = lambda _: Fault(hangs=True)
                asked = engine.draw_requests
                have(tmp_path, 6)
                until(lambda: engine.draw_requests > asked, "the third run to ask for draws")
                until(lambda: api.runs("CANCELLED"), "the fourth run to be refused")
                for child in descendants(process.pid):
                    os.kill(child, signal.SIGKILL)
                assert published() == second
                engine.faults = lambda _: None
                until(lambda: holds(6), "a run after the one that was killed")
                assert (
                    published()["data/train-0000-00000.parquet"]
                    == first["data/train-0000-00000.parquet"]
                )
