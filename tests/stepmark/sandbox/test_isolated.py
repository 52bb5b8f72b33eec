"""These run bubblewrap: without it they fail, and say how to install it."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from benchmarks.sandbox.canaries import namespaces_below, still_alive
from stepmark.errors import SandboxError
from stepmark.sandbox import box
from stepmark.sandbox.isolated import Isolated
from stepmark.sandbox.protocol import Limits, Program, Result

LIMITS = Limits(wall_s=60, cpu_s=20)


def run(
    source: str, *, stdin: str = "", limits: Limits = LIMITS, packages: tuple[str, ...] = ()
) -> Result:
    async def once() -> Result:
        async with Isolated(at_once=1, packages=packages) as sandbox:
            return await sandbox.run(Program(source=source, stdin=stdin), limits)

    return asyncio.run(once())


def test_a_program_reads_its_input_and_writes_to_both_streams():
    result = run("import sys; print(input()); print('e', file=sys.stderr)", stdin="é\nrest")
    assert (result.stdout, result.stderr) == ("é\n", "e\n")
    assert (result.ended, result.exit_code) == ("finished", 0)


def test_an_exception_is_code_1_with_the_programs_own_traceback():
    result = run("def f():\n    return 1 / 0\nf()\n")
    assert (result.ended, result.exit_code) == ("finished", 1)
    assert result.stderr.startswith(
        'Traceback (most recent call last):\n  File "program.py", line 3'
    )
    assert "inside.py" not in result.stderr
    assert "return 1 / 0" in result.stderr


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("raise SystemExit(7)", 7),
        ("import os; os._exit(3)", 3),
        ("x = = 1", 1),
        ("x = '\ud800'", 1),
        ("\0", 1),
        ("exit(4)", 4),
    ],
)
def test_it_finishes_with_its_own_exit_code(source, code):
    result = run(source)
    assert (result.ended, result.exit_code) == ("finished", code)


@pytest.mark.parametrize(
    ("source", "ended"),
    [
        ("while True: pass", "timeout"),
        ("x = [bytes(1 << 20) for _ in range(1000)]", "memory"),
        ("while True: print('x' * 1000)", "output"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed"),
        ("import ctypes; ctypes.string_at(0)", "killed"),
    ],
)
def test_each_limit_ends_it_with_its_reason(source, ended):
    limits = Limits(wall_s=60, cpu_s=1, memory_bytes=256 << 20, output_bytes=10_000)
    result = run(source, limits=limits)
    assert (result.ended, result.exit_code) == (ended, None)


def test_a_program_that_waits_ends_by_the_clock():
    result = run(
        "import time; print('here', flush=True); time.sleep(1000)", limits=Limits(wall_s=3)
    )
    assert (result.ended, result.exit_code, result.stdout) == ("timeout", None, "here\n")


def test_output_is_cut_at_the_limit_for_both_streams_together():
    source = "import sys\nwhile True:\n    print('o' * 99)\n    print('e' * 99, file=sys.stderr)"
    result = run(source, limits=Limits(wall_s=60, output_bytes=5000))
    assert len(result.stdout) + len(result.stderr) == 5000


def test_as_many_threads_as_the_limit_says():
    source = """
import threading
wait, started = threading.Event(), 0
try:
    while True:
        threading.Thread(target=wait.wait).start()
        started += 1
except RuntimeError:
    wait.set()
print(started + 1)
"""
    assert run(source, limits=Limits(wall_s=60, processes=5)).stdout == "5\n"


def test_bytes_that_are_no_text_are_replaced():
    assert run("import os; os.write(1, b'a\\xff')").stdout == "a\ufffd"


def test_it_sees_no_environment_of_ours_no_files_and_no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("STEPMARK_SECRET", "token")
    source = f"""
import os, socket
print("STEPMARK_SECRET" in os.environ)
print(any(map(os.path.exists, ("/proc", "/etc/passwd", "/home", "/bin/sh", {str(tmp_path)!r}))))
try:
    socket.socket()
except OSError as error:
    print(error.strerror)
"""
    assert run(source).stdout == "False\nFalse\nFunction not implemented\n"


def test_all_but_its_own_folder_is_read_only():
    source = """
import os
from typing import Any
open("here", "w").write("x")
for folder in ("/", "/usr/lib", "/dev", os.path.dirname(os.__file__)):
    try:
        open(os.path.join(folder, "planted"), "w")
        print("written", folder)
    except OSError as error:
        print(error.strerror)
print(os.getcwd(), sorted(os.listdir()))
"""
    *refused, last = run(source).stdout.splitlines()
    assert set(refused) <= {"Read-only file system", "Permission denied"}
    assert last == "/tmp ['here', 'program.py']"


def test_it_is_not_root_and_cannot_become_it():
    source = """
import os
print(0 in os.getresuid())
try:
    os.setresuid(0, 0, 0)
except OSError:
    print("refused")
"""
    assert run(source).stdout == "False\nrefused\n"


def test_it_may_import_the_packages_named_and_no_others():
    source = "import mpmath\nprint(mpmath.mp.dps)\nimport sympy"
    result = run(source, packages=("mpmath",))
    assert result.stdout == "15\n"
    assert "No module named 'sympy'" in result.stderr


def test_a_program_finds_nothing_of_the_one_before():
    async def two() -> Any:
        async with Isolated(at_once=1) as sandbox:
            await sandbox.run(Program(source="open('left', 'w'); import json; json.x = 1"), LIMITS)
            look = "import json, os; print(os.listdir(), hasattr(json, 'x'))"
            return await sandbox.run(Program(source=look), LIMITS)

    assert asyncio.run(two()).stdout == "['program.py'] False\n"


def test_many_at_once_get_their_own_answers():
    async def many() -> Any:
        async with Isolated(at_once=2) as sandbox:
            programs = [Program(source=f"print({number})") for number in range(6)]
            return await asyncio.gather(*(sandbox.run(each, LIMITS) for each in programs))

    assert [result.stdout for result in asyncio.run(many())] == [f"{n}\n" for n in range(6)]


async def has_ended(namespaces: frozenset[str]) -> bool:
    async with asyncio.timeout(30):
        while still_alive(namespaces):  # noqa: ASYNC110  (the kernel tells nobody)
            await asyncio.sleep(0.01)
    return True


def test_nothing_is_left_of_a_run_that_is_cancelled():
    async def cancelled() -> Any:
        async with Isolated(at_once=1) as sandbox:
            run = asyncio.create_task(sandbox.run(Program(source="while True: pass"), LIMITS))
            await asyncio.sleep(0)
            namespaces = namespaces_below()
            run.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await run
            then = await sandbox.run(Program(source="print('next')"), LIMITS)
        return namespaces, await has_ended(namespaces | namespaces_below()), then.stdout

    namespaces, ended, then = asyncio.run(cancelled())
    assert namespaces
    assert ended
    assert then == "next\n"


def test_a_child_that_outlives_its_program_dies_with_the_sandbox():
    source = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)"

    async def leaving() -> Any:
        async with Isolated(at_once=1) as sandbox:
            namespaces = namespaces_below()
            result = await sandbox.run(Program(source=source), LIMITS)
        return result.ended, bool(namespaces), await has_ended(namespaces)

    assert asyncio.run(leaving()) == ("finished", True, True)


def test_a_sandbox_that_does_not_start_says_why_when_it_is_opened(monkeypatch):
    monkeypatch.setattr(
        box, "start_command", lambda **_: ["/bin/sh", "-c", "echo no user namespaces >&2; exit 1"]
    )

    async def opened() -> Any:
        async with Isolated():
            pass

    with pytest.raises(SandboxError, match=r"no user namespaces.*stepmark doctor"):
        asyncio.run(opened())


def test_a_sandbox_that_somebody_else_kills_is_no_verdict_on_the_program(monkeypatch):
    monkeypatch.setattr(
        box, "start_command", lambda **_: ["/bin/sh", "-c", "printf '\\006'; kill -9 $$"]
    )
    with pytest.raises(SandboxError, match="Signal 9 ended the sandbox from outside"):
        run("print('right')")


def test_no_file_stays_open_after_it_is_closed():
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    run("print()")
    before = open_files()
    run("print()")
    assert open_files() == before
