"""The command that starts an interpreter in a place of its own, by bubblewrap.

What it sees: the interpreter that runs Stepmark (its base, not the virtual environment) with the
standard library, the system's library folders, the packages asked for, five devices and a small
private /tmp. All but /tmp is read-only. There is no /proc, no /etc but the loader's cache, no home,
no shell, no network, no other process, and nothing of the caller's environment.

An ordinary user's sandbox is in a user namespace, as user 65534, and cannot make another one. Root
needs none: its launcher becomes a user of its own (see `inside`), since root inside a user
namespace would still own the machine's files.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from stepmark.errors import SandboxError
from stepmark.sandbox.inside import FILE_BYTES, PACKAGES

INSTALL = "apt-get install bubblewrap libseccomp2"
_NOBODY = 65534
_FIRST_UID, _UIDS = 60578, 606
"""Users that nobody is given (systemd's list of ids calls 60578–61183 unused)."""
_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64")
_LOADER_CACHE = "/etc/ld.so.cache"
_DEVICES = ("null", "zero", "full", "random", "urandom")
_LAUNCHER = "/inside.py"
_next_uid = itertools.count(os.getpid())


def find_bubblewrap() -> str:
    """Return the path of `bwrap`.

    Raises:
        SandboxError: it is not on PATH.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxError(
            "No sandbox for programs that a model wrote: `bwrap` is not on PATH. Install it: "
            f"{INSTALL} (Linux, version 0.8 or newer)."
        )
    return found


def start_command(*, packages: tuple[str, ...], seccomp_fd: int) -> list[str]:
    """Return the command line of one sandbox that waits for its program.

    Args:
        packages: installed packages that the program may import, e.g. `("sympy", "mpmath")`.
        seccomp_fd: file descriptor that the new process reads the system-call filter from.

    Raises:
        SandboxError: `bwrap` or a package is not installed.
    """
    root = os.getuid() == 0
    python = _interpreter()
    return [
        find_bubblewrap(),
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup"),
        *("--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"),
        *(_as_root() if root else _as_user()),
        *_view(python, packages),
        *("--chdir", "/tmp", "--seccomp", str(seccomp_fd)),  # noqa: S108  (its own)
        *("--setenv", "PYTHONHASHSEED", "0", "--setenv", "OPENBLAS_NUM_THREADS", "1"),
        *(str(python), "-SsPB", "-X", "utf8", _LAUNCHER),
        *(str(_FIRST_UID + next(_next_uid) % _UIDS), "0" if root else "1"),
    ]


def _as_root() -> tuple[str, ...]:
    """Leave the launcher what it needs to become somebody else, and nothing more.

    Each sandbox is another user, for whom the kernel counts processes apart.
    """
    return ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")


def _as_user() -> tuple[str, ...]:
    """Make the user namespace that the other ones need, and no further one."""
    return ("--unshare-user", "--disable-userns", "--uid", str(_NOBODY), "--gid", str(_NOBODY))


def _interpreter() -> Path:
    """Return the interpreter that the virtual environment, if this is one, was made from."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def _view(python: Path, packages: tuple[str, ...]) -> Iterator[str]:
    """Yield the arguments that build the file system, later ones on top of earlier ones."""
    mounts = {path: path for path in (*_libraries(), str(python)) if not Path(path).is_symlink()}
    mounts[str(Path(__file__).with_name("inside.py"))] = _LAUNCHER
    for package in itertools.chain.from_iterable(map(_folders, packages)):
        mounts[str(package)] = f"{PACKAGES}/{package.name}"
    if Path(_LOADER_CACHE).exists():
        mounts[_LOADER_CACHE] = _LOADER_CACHE
    devices = [f"/dev/{device}" for device in _DEVICES]
    # Made first, with these rights: bubblewrap would make them for root alone.
    for folder in _parents([*mounts.values(), *devices]):
        yield from ("--perms", "0755", "--dir", folder)
    for source, place in mounts.items():
        yield from ("--ro-bind", source, place)
    for device in devices:
        yield from ("--dev-bind", device, device)
    for library in map(Path, _libraries()):
        if library.is_symlink():
            yield from ("--symlink", str(library.readlink()), str(library))
    yield from ("--size", str(FILE_BYTES), "--perms", "1777", "--tmpfs", "/tmp")  # noqa: S108
    yield from ("--remount-ro", "/")


def _libraries() -> tuple[str, ...]:
    """Return the folders of libraries, those of the interpreter included; some may be links."""
    folders = dict.fromkeys((*_LIBRARIES, f"{sys.base_prefix}/lib"))
    return tuple(folder for folder in folders if Path(folder).is_dir())


def _parents(paths: list[str]) -> dict[str, None]:
    """Return the folders that lead to the paths, outer ones first, each once."""
    return dict.fromkeys(str(p) for path in paths for p in reversed(Path(path).parents[:-1]))


def _folders(package: str) -> Iterator[Path]:
    """Yield the folder of a package, and the one of the libraries that its wheel brought."""
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise SandboxError(
            f"The sandbox is to offer the package {package}, which is not installed here: "
            f"pip install {package}."
        )
    folder = Path(places[0])
    yield folder
    libraries = folder.with_name(f"{folder.name}.libs")
    if libraries.is_dir():
        yield libraries
