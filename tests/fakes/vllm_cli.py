# ruff: noqa: T201  (it stands in for a program that prints)
"""Stands in for the `vllm` executable: `fake_vllm(folder, mode)` writes one that behaves so.

Modes: `healthy`; `dies` with an error as vLLM words it; `never` gets healthy; `stubborn` is
healthy, holds shared memory, has a child, and neither heeds SIGTERM; `runaway` has a child in a
session of its own.
Each writes the ids of its processes to its log.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

DEATH = """\
INFO 11-22 10:00:00 [core.py:1] Loading weights
(EngineCore pid=9) ERROR 11-22 10:00:01 [core.py:2] ValueError: No room for the KV cache.
(APIServer pid=8) RuntimeError: Engine core initialization failed. See root cause above.
"""


def fake_vllm(folder: Path, mode: str) -> Path:
    """Write an executable that behaves in this way."""
    path = folder / "vllm"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} {mode} "$@"\n')
    path.chmod(0o755)
    return path


def processes(log: Path) -> list[int]:
    """The ids of the processes that a log tells of."""
    return [int(number) for number in re.findall(r"^process (\d+)$", log.read_text(), re.MULTILINE)]


def arguments(log: Path) -> list[str]:
    """The arguments that the executable was given."""
    return re.findall(r"^argument (.*)$", log.read_text(), re.MULTILINE)


def variable(log: Path, name: str) -> str | None:
    """A variable of its environment."""
    found = re.search(rf"^variable {name}=(.*)$", log.read_text(), re.MULTILINE)
    return found.group(1) if found else None


def memory(log: Path) -> Path:
    """Where the shared memory of a `stubborn` one is."""
    found = re.search(r"^memory (.*)$", log.read_text(), re.MULTILINE)
    assert found
    return Path("/dev/shm") / found.group(1)


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"object": "list", "data": [{"id": "fake"}]}'
        self.send_response(200 if self.path in {"/health", "/v1/models"} else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _tell(mode: str) -> None:
    for argument in sys.argv[2:]:
        print("argument", argument)
    for name, value in os.environ.items():
        print(f"variable {name}={value}")
    print("process", os.getpid(), flush=True)
    if mode in {"stubborn", "runaway"}:
        sleeper = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(300)"
        own_session = mode == "runaway"
        child = subprocess.Popen([sys.executable, "-c", sleeper], start_new_session=own_session)
        print("process", child.pid, flush=True)
    if mode == "stubborn":
        print("memory", _memory().name, flush=True)


@cache
def _memory() -> SharedMemory:
    """Shared memory that is held for as long as the process lives."""
    return SharedMemory(create=True, size=1)


def main() -> None:
    mode = sys.argv[1]
    _tell(mode)
    if mode == "dies":
        sys.exit(DEATH)
    if mode == "never":
        time.sleep(300)
    if mode == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    port = int(sys.argv[sys.argv.index("--port") + 1])
    HTTPServer(("127.0.0.1", port), _Health).serve_forever()


if __name__ == "__main__":
    main()
