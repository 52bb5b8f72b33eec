"""A build that is told to stop, as a process of its own: what is paid for is never lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from stepmark.ledger import Ledger
from tests.fakes.openai_server import FakeServer
from tests.flows.arrange import arrange

ROOT = Path(__file__).parents[2]
TO_CONTINUE = "Nothing paid is lost: run the same command to continue."


@contextmanager
def started(tmp_path: Path, server: FakeServer, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command line on a tiny recipe, one request in flight; leave no process behind."""
    solver = {"engine": "vllm", "model": "fake"}
    recipe = arrange(tmp_path, policies={"solver": solver}, segment={"method": "blank_line"})
    command = [sys.executable, "-m", "flows.cli", "build", str(recipe)]
    command += ["--out", str(tmp_path / "out"), "--engine", server.url, "--concurrency", "1"]
    with subprocess.Popen(
        [*command, *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> None:
    """Read what a process says until it says these words."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if words in line:
            return
    pytest.fail(f"It never said {words!r}, but:\n{''.join(said)}")


def draws_kept(tmp_path: Path) -> int:
    with closing(Ledger(tmp_path / "out" / "ledger")) as ledger:
        return sum(1 for _ in ledger.entries())


def draws_sent(server: FakeServer) -> int:
    return sum(seen.body["n"] for seen in server.draws)


def test_told_once_by_a_scheduler_it_takes_what_is_under_way(tmp_path, shared_server):
    check_told_once(tmp_path, signal.SIGTERM)


def test_told_once_by_ctrl_c_it_takes_what_is_under_way_and_stops_its_own_server(tmp_path):
    check_told_once(tmp_path, signal.SIGINT)


def check_told_once(tmp_path: Path, number: int) -> None:
    with FakeServer(hold_from=2) as server, started(tmp_path, server) as process:
        assert server.draw_held.wait(200)
        process.send_signal(number)
        read_until(process, "nothing more is ordered (Ctrl-C again stops at once)")
        server.release()
        told, _ = process.communicate(timeout=200)
        assert process.returncode == 130
        assert TO_CONTINUE in told
        assert "Traceback" not in told
        assert server.draw_requests == 3
        assert draws_kept(tmp_path) == draws_sent(server)


def test_told_twice_it_stops_at_once_and_keeps_what_has_arrived(tmp_path, shared_server):
    with FakeServer(hold_from=2) as server, started(tmp_path, server) as process:
        assert server.draw_held.wait(200)
        process.send_signal(signal.SIGINT)
        read_until(process, "nothing more is ordered (Ctrl-C again stops at once)")
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=200)
        assert process.returncode == 130
        assert TO_CONTINUE in told
        assert "Traceback" not in told
        assert draws_kept(tmp_path) == sum(seen.body["n"] for seen in server.draws[:2])
        server.release()


def test_a_server_that_goes_away_is_named_while_it_is_waited_for(tmp_path, shared_server):
    waiting = ("--engine-wait", "1")
    with FakeServer(hold_from=2) as server, started(tmp_path, server, *waiting) as process:
        assert server.draw_held.wait(200)
        server.stop()
        read_until(process, f"Nobody answers at {server.url}")
        told, _ = process.communicate(timeout=200)
        assert process.returncode == 1
        assert "EngineDown: No server has answered for" in told
        assert "run the same command to go on" in told
        assert draws_kept(tmp_path) == sum(seen.body["n"] for seen in server.draws[:2])
