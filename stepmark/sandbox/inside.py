"""Runs one program inside the sandbox; a script of its own, not imported.

`python inside.py UID SPARE`. It says one byte on standard output when it is ready, then reads from
standard input an order: four numbers of eight bytes each (length of the source, processes,
processor seconds, bytes of memory) and the source. What follows is the program's own standard
input. Until the program starts, this is trusted: it gives up root and sets the limits, which a
process without capabilities cannot raise again. It imports little, because every run pays for it.
"""

import os
import resource
import site
import sys

FILE = "program.py"
PACKAGES = "/packages"
FILE_BYTES = 64 << 20
"""Size of one file, and of all in /tmp together: they are memory."""
OPEN_FILES = 128
READY = b"\x06"
NUMBER_BYTES = 8


def main(uid: int, spare: int) -> None:
    """Give up rights, say ready, read the program and run it.

    Args:
        uid: user and group to become, when started by root.
        spare: processes beside the program that count against its limit.
    """
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    fixed = {"CORE": 0, "FSIZE": FILE_BYTES, "NOFILE": OPEN_FILES, "MEMLOCK": 0, "MSGQUEUE": 0}
    for name, value in fixed.items():
        limit(name, value)
    os.write(1, READY)
    length, processes, cpu_s, memory_bytes = (
        int.from_bytes(read(NUMBER_BYTES), "big") for _ in range(4)
    )
    source = read(length)
    spent_s = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
    limit("NPROC", processes + spare)
    limit("CPU", cpu_s + spent_s, grace=1)
    limit("AS", memory_bytes)
    run(source)


def limit(name: str, value: int, *, grace: int = 0) -> None:
    """Set a resource limit for good; within the grace above it a signal says so."""
    resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value + grace))


def read(size: int) -> bytes:
    """Read so many bytes from standard input, and nothing of what comes after them."""
    parts = []
    while size:
        part = os.read(0, size)
        if not part:  # whoever started this has gone, or has no program for it
            os._exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def run(source: bytes) -> None:
    """Run the program as `__main__`; an uncaught exception prints its own traceback only."""
    with open(FILE, "wb") as file:  # noqa: PTH123  (tracebacks quote lines from it)
        file.write(source)
    module = type(sys)("__main__")
    module.__file__ = FILE
    sys.modules["__main__"] = module
    sys.argv = [FILE]
    sys.path.append(PACKAGES)
    site.setquit()  # `exit` and `quit`, which an interpreter without site lacks
    try:
        exec(compile(source, FILE, "exec"), module.__dict__)  # noqa: S102  (what it is for)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  (whatever the program raises is its result)
        own = error.__traceback__.tb_next if error.__traceback__ else None
        sys.excepthook(type(error), error.with_traceback(own), own)
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
