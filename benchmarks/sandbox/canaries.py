"""Things outside the sandbox that only a program which escaped can touch, and a look at them."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from stepmark.sandbox.protocol import Result

OPEN = "OPEN"
"""Word that a program prints when a door was open that should be shut."""
_SETTINGS = ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname")


class Canaries:
    """A secret file, a folder open to all, servers, a process to kill: in reach of anybody."""

    def __init__(self) -> None:
        self._token = secrets.token_hex(16)
        self._folder = Path(tempfile.mkdtemp(prefix="stepmark-canaries-"))
        self._secret = self._folder / "secret"
        self._drop = self._folder / "drop"
        self._abstract = f"\0stepmark-{secrets.token_hex(4)}"
        self._opened = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Put them up."""
        os.environ["STEPMARK_CANARY"] = self._token
        self._folder.chmod(0o755)
        self._secret.write_text(self._token)
        self._secret.chmod(0o644)
        self._drop.mkdir()
        self._drop.chmod(0o777)
        self._servers = [self._listen(socket.AF_INET, ("127.0.0.1", 0))]
        port = self._servers[0].getsockname()[1]
        self._servers += [
            self._listen(socket.AF_UNIX, str(self._folder / "socket")),
            self._listen(socket.AF_UNIX, self._abstract),
        ]
        self._datagrams = self._opened.enter_context(
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        )
        self._datagrams.bind(("127.0.0.1", port))
        self._datagrams.setblocking(False)
        (self._folder / "socket").chmod(0o777)
        self._bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1e6)"])
        self._settings = _settings()
        self.prelude = (
            f"SECRET_FILE, DROP, PORT = {str(self._secret)!r}, {str(self._drop)!r}, {port}; "
            f"SOCKET, ABSTRACT = {str(self._folder / 'socket')!r}, {self._abstract!r}; "
            f"PARENT, BYSTANDER = {os.getpid()}, {self._bystander.pid}\n"
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Take them down."""
        self._opened.close()
        self._bystander.kill()
        self._bystander.wait()
        shutil.rmtree(self._folder)
        del os.environ["STEPMARK_CANARY"]

    def touched(self, result: Result) -> list[str]:
        """Say what a program did that it should not have been able to."""
        said = result.stdout + result.stderr
        found = {
            "secret read": self._token in said,
            "door open": any(line.startswith(OPEN) for line in said.splitlines()),
            "file written": any(self._drop.iterdir()),
            "connection": any(_accepts(server) for server in self._servers),
            "datagram": _receives(self._datagrams),
            "bystander harmed": not self._bystander_runs(),
            "settings changed": _settings() != self._settings,
        }
        for path in self._drop.iterdir():
            path.unlink()
        return [name for name, happened in found.items() if happened]

    def _listen(self, family: int, address: tuple[str, int] | str) -> socket.socket:
        server = self._opened.enter_context(socket.socket(family))
        server.bind(address)
        server.listen()
        server.setblocking(False)
        return server

    def _bystander_runs(self) -> bool:
        stat = Path(f"/proc/{self._bystander.pid}/stat").read_text(encoding="utf-8")
        return self._bystander.poll() is None and stat.rpartition(")")[2].split()[0] in "SRD"


def namespaces_below() -> frozenset[str]:
    """Return the process-number namespaces that were made below this process."""
    parents = dict(_parents())
    own = os.getpid()
    below = {pid for pid in parents if own in _ancestors(pid, parents)}
    return _namespaces(below) - _namespaces({own})


def still_alive(namespaces: frozenset[str]) -> bool:
    """Tell whether any process of the machine lives in one of these."""
    return bool(namespaces & _namespaces({pid for pid, _ in _parents()}))


def _parents() -> Iterator[tuple[int, int]]:
    """Yield every process with its parent."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            yield int(path.parent.name), int(fields[1])


def _ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid := parents.get(pid, 0):
        yield pid


def _namespaces(pids: Iterable[int]) -> frozenset[str]:
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):  # it has just ended, or is somebody else's
            found.add(str(Path(f"/proc/{pid}/ns/pid").readlink()))
    return frozenset(found)


def _settings() -> tuple[str, ...]:
    return tuple(Path(path).read_text(encoding="utf-8") for path in _SETTINGS)


def _accepts(server: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        server.accept()[0].close()
        return True
    return False


def _receives(server: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        return bool(server.recv(100))
    return False
