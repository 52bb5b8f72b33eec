"""The checks of the sandbox benchmark notice a sandbox that leaks. These run bubblewrap."""

import asyncio
import tempfile

import pytest

from benchmarks.sandbox import hostile
from benchmarks.sandbox.hostile import Attempt
from stepmark.sandbox import box
from stepmark.sandbox.bubblewrap import start_command

SOME = ("read_secret", "environment", "write_outside", "tcp", "unix_socket", "keyrings", "daemon")


@pytest.fixture(autouse=True)
def _only_some(monkeypatch):
    all_of_them = dict(hostile._programs())
    monkeypatch.setattr(hostile, "_programs", lambda: [(name, all_of_them[name]) for name in SOME])


def attempts() -> dict[str, Attempt]:
    return {attempt.name: attempt for attempt in asyncio.run(hostile.attempts())}


def test_nothing_escapes_and_each_ends_as_it_should():
    tried = attempts()
    assert {name: attempt.escapes for name, attempt in tried.items()} == dict.fromkeys(SOME, ())
    assert all(attempt.expected and not attempt.late for attempt in tried.values())


def test_an_open_sandbox_is_noticed(monkeypatch):
    def leaking(**arguments):
        command = start_command(**arguments)
        command.remove("--unshare-net")
        command.remove("--clearenv")
        seccomp = command.index("--seccomp")
        command[seccomp : seccomp + 2] = []
        end = command.index("--remount-ro")
        temporary = tempfile.gettempdir()
        command[end:end] = ["--bind", temporary, temporary, "--perms", "1777", "--tmpfs", "/own"]
        command[command.index("--chdir") + 1] = "/own"  # the launcher leaves the program's file
        return command

    monkeypatch.setattr(box, "start_command", leaking)
    escapes = {name: attempt.escapes for name, attempt in attempts().items()}
    assert "secret read" in escapes["read_secret"]
    assert "secret read" in escapes["environment"]
    assert "file written" in escapes["write_outside"]
    assert "connection" in escapes["tcp"]
    assert "connection" in escapes["unix_socket"]
    assert "door open" in escapes["keyrings"]


def test_every_program_says_what_it_tries_and_how_it_ends():
    for path in hostile.FOLDER.glob("*.py"):
        first, second = path.read_text(encoding="utf-8").splitlines()[:2]
        assert first.startswith("# ")
        assert second.startswith("# ends: ")
