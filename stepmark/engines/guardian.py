"""Runs one command and makes sure that nothing of it outlives whoever asked for it.

A script of its own, not imported: `python guardian.py GRACE_S COMMAND …`. The asker holds the other
end of its standard input. When that says anything or ends, when the asker is gone (killed without a
word, say), when the guardian is told to end, or when the command ends by itself, the command's
whole process group is terminated and, after the grace time, killed. On Linux, processes that left
the group are found too, because the guardian adopts its orphans. Files go as well: the command has
a folder of its own for temporary ones, and shared memory that its processes hold is removed.

It exits with the command's exit code, or 128 + signal.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

POLL_S = 0.1
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_STDIN = 0
_SHARED_MEMORY = re.compile(r"/dev/shm/psm_\w+$", re.MULTILINE)  # noqa: S108  (named by Python)


def main(arguments: list[str]) -> int:
    """Run the command until it or its asker ends; return its exit code."""
    grace_s, command = float(arguments[0]), arguments[1:]
    asker = os.getppid()
    told_to_end = [False]

    def end(_number: int, _frame: FrameType | None) -> None:
        told_to_end[0] = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    with tempfile.TemporaryDirectory(prefix="stepmark-", ignore_cleanup_errors=True) as folder:
        child = subprocess.Popen(  # noqa: S603  (the caller's own command)
            command,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": folder},
            start_new_session=True,
            close_fds=False,  # what the asker handed to this process is meant for the command
            preexec_fn=_die_with_guardian,  # noqa: PLW1509  (this process has no threads)
        )
        while child.poll() is None and not told_to_end[0]:
            if _asker_spoke() or os.getppid() != asker:
                break
        end_group(child, grace_s)
    code = child.wait()
    return code if code >= 0 else 128 - code


def end_group(child: subprocess.Popen[bytes], grace_s: float) -> None:
    """Terminate the child's group, wait, and kill what remains of it and of its orphans."""
    shared = _shared_memory(child.pid)
    deadline_s = time.monotonic() + grace_s
    _signal_group(child.pid, signal.SIGTERM)
    while _remains(child) and time.monotonic() < deadline_s:
        time.sleep(POLL_S / 2)
    while _remains(child):
        _signal_group(child.pid, signal.SIGKILL)
        for orphan in _children():
            _signal(orphan, signal.SIGKILL)
        time.sleep(POLL_S / 2)
    for path in shared:
        path.unlink(missing_ok=True)


def _asker_spoke() -> bool:
    """Wait a moment for a word from the asker, or for the end of its pipe."""
    with contextlib.suppress(InterruptedError):
        return bool(select.select([_STDIN], [], [], POLL_S)[0])
    return True


def _remains(child: subprocess.Popen[bytes]) -> bool:
    """Reap what is dead; return whether anything of the command is alive."""
    child.poll()
    for orphan in _children():
        if orphan != child.pid:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, os.WNOHANG)
    return bool(_children()) or _signal_group(child.pid, 0)


def _children() -> list[int]:
    """Return the ids of this process's children and adopted orphans (Linux; elsewhere none)."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
        return [int(number) for number in text.split()]
    return []


def _shared_memory(group: int) -> set[Path]:
    """Return the shared memory of Python's making that a group's processes have mapped (Linux).

    Python removes it when all of them end in order; one that is killed leaves it until a reboot.
    """
    found = set()
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):
            if os.getpgid(int(maps.parent.name)) == group:
                found |= set(_SHARED_MEMORY.findall(maps.read_text()))
    return {Path(name) for name in found}


def _signal_group(group: int, number: int) -> bool:
    """Send a signal to a group; return whether it still has a process."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group that only has dead members
        return False
    return True


def _signal(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def _die_with_guardian() -> None:
    """Let the command end, should the guardian itself be killed (Linux)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
