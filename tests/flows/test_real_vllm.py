"""A build against the real vLLM, with client and server killed on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from stepmark.engines.protocol import Completion
from stepmark.engines.vllm_command import machine_arguments
from stepmark.engines.vllm_server import VllmOptions, VllmServer
from stepmark.ledger import Ledger
from stepmark.ledger.check import verify
from stepmark.ledger.folder import Folder
from tests.flows.arrange import files_of

ROOT = Path(__file__).parents[2]
PRACTICE_MODEL = ROOT / "configs" / "practice" / "model"
REAL_VLLM = ROOT / ".venv-vllm" / "bin" / "vllm"
PATIENCE_S = 900.0
NOTICES_S = 60.0
"""How long a client may take to notice that its server is gone; one may also wait for it."""


@pytest.mark.vllm
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not REAL_VLLM.exists(), reason="there is no .venv-vllm")
@pytest.mark.skipif(
    not (PRACTICE_MODEL / "model.safetensors").exists(), reason="there is no practice model"
)
def test_a_build_outlives_kills_of_client_and_server_and_replays(tmp_path, shared_server):
    out, log = tmp_path / "out", tmp_path / "client.log"
    with a_server(tmp_path, "first") as url:
        client = start(tmp_path, out, "--engine", url)
        wait_for(lambda: kept(out), client, log)
        kill(client)
        before = kept(out)
        client = start(tmp_path, out, "--engine", url)
        wait_for(lambda: len(kept(out)) > len(before), client, log)
    # Leaving the block has killed the server, in the middle of the client's work.
    with suppress(subprocess.TimeoutExpired):
        assert client.wait(NOTICES_S) != 0
    kill(client)
    between = kept(out)
    assert before.items() <= between.items()
    with a_server(tmp_path, "second") as url:
        client = start(tmp_path, out, "--engine", url)
        assert client.wait(PATIENCE_S) == 0, log.read_text()
    assert between.items() <= kept(out).items()
    assert len(between) < len(kept(out))
    assert verify(Folder.open(out / "ledger")) == []
    replay = start(tmp_path, tmp_path / "again", "--offline", "--ledger", str(out / "ledger"))
    assert replay.wait(PATIENCE_S) == 0, log.read_text()
    assert files_of(tmp_path / "again" / "quickstart") == files_of(out / "quickstart")


def a_server(folder: Path, name: str) -> VllmServer:
    """The practice policy as `stepmark build quickstart` serves it; it is killed at the end."""
    options = VllmOptions(
        served_model_name="practice/model",
        dtype="float32",
        max_model_len=512,
        extra_arguments=machine_arguments(),
    )
    return VllmServer(
        str(PRACTICE_MODEL),
        log_path=folder / f"{name}.log",
        options=options,
        executable=REAL_VLLM,
        grace_s=0.0,
    )


def start(folder: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start `stepmark build quickstart` in a process group of its own."""
    command = [sys.executable, "-m", "flows.cli", "build", "quickstart", "--out", str(out)]
    command += ["--limit", "6", "--set", "shard_problems=2", *options]
    with (folder / "client.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)


def kill(client: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(client.pid, signal.SIGKILL)
    client.wait()


def kept(out: Path) -> dict[tuple[str, int], Completion]:
    """Everything in the ledger, if there is one yet."""
    if not (out / "ledger" / "ledger.json").exists():
        return {}
    with closing(Ledger(out / "ledger")) as ledger:
        return {(address, c.draw): c for address, _, c in ledger.entries()}


def wait_for(happens: Callable[[], object], client: subprocess.Popen[bytes], log: Path) -> None:
    """Look until it happens; the client must be at work until then."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not happens():
        assert client.poll() is None, log.read_text()  # it ended before it was to be killed
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
