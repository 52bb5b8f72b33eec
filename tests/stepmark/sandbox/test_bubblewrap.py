import os
import shutil

import pytest

from stepmark.errors import SandboxError
from stepmark.sandbox import bubblewrap
from stepmark.sandbox.bubblewrap import start_command


@pytest.fixture(autouse=True)
def _with_bubblewrap(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")


def test_without_bubblewrap_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        start_command(packages=(), seccomp_fd=3)


def test_a_package_that_is_not_installed_is_refused_by_name():
    with pytest.raises(SandboxError, match="pip install nosuchpackage"):
        start_command(packages=("nosuchpackage",), seccomp_fd=3)


def test_an_ordinary_user_gets_a_user_namespace_and_no_further_one(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    command = start_command(packages=(), seccomp_fd=3)
    assert "--unshare-user" in command
    assert "--disable-userns" in command
    assert "--cap-add" not in command


def test_root_keeps_only_what_it_takes_to_become_somebody_else(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    command = start_command(packages=(), seccomp_fd=3)
    assert command[command.index("--cap-drop") + 1] == "ALL"
    kept = [command[at + 1] for at, word in enumerate(command) if word == "--cap-add"]
    assert kept == ["CAP_SETUID", "CAP_SETGID"]


def test_root_gives_each_sandbox_another_user(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    users = {start_command(packages=(), seccomp_fd=3)[-2] for _ in range(10)}
    assert len(users) == 10
    assert "0" not in users


def test_what_is_bound_is_read_only_and_holds_no_home_and_no_temporary_folder():
    command = start_command(packages=("sympy",), seccomp_fd=3)
    assert "--bind" not in command
    assert command[command.index("--remount-ro") + 1] == "/"
    places = [command[at + 2] for at, word in enumerate(command) if word == "--ro-bind"]
    assert "/packages/sympy" in places
    assert not {"/", "/home", "/root", "/tmp", "/etc", "/proc", "/var", "/run"} & set(places)


def test_folders_above_a_mount_are_made_before_it_for_everybody():
    command = start_command(packages=(), seccomp_fd=3)
    made = [command[at + 1] for at, word in enumerate(command) if word == "--dir"]
    assert command.index("--dir") < command.index("--ro-bind")
    assert made.index("/usr") >= 0
    for at, word in enumerate(command):
        if word == "--dir":
            assert command[at - 2 : at] == ["--perms", "0755"]


def test_a_wheels_own_libraries_come_with_its_package(tmp_path, monkeypatch):
    for folder in ("fast", "fast.libs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "fast" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert [folder.name for folder in bubblewrap._folders("fast")] == ["fast", "fast.libs"]
