"""Runs in the sandbox, not here: fragments of code, one after another, in one namespace.

It is sent as source, so it imports nothing but the standard library. On standard input it gets a
JSON list of sources. It prints a line of JSON as each ends: `output`, what the fragment printed,
`error`, the exception that it raised, or null, and `lacks`, whether that exception is for want of
what the sandbox does not give. After an exception the next fragment runs all the same. Without its
line, a fragment was stopped, or ended the interpreter.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import types
from typing import Any

LONGEST = 2000
"""Characters of an output or an error that are reported."""


def run(fragment: str, module: types.ModuleType) -> dict[str, Any]:
    """Run one fragment; return what is reported of it."""
    said = io.StringIO()
    error, lacks = None, False
    with contextlib.redirect_stdout(said):
        try:
            exec(compile(fragment, "fragment", "exec"), module.__dict__)  # noqa: S102 (the sandbox)
        except BaseException as raised:  # noqa: BLE001 - SystemExit among them
            error = f"{type(raised).__name__}: {raised}"[:LONGEST]
            lacks = is_for_want(raised)
    return {"output": said.getvalue()[:LONGEST], "error": error, "lacks": lacks}


def is_for_want(error: BaseException) -> bool:
    """Tell whether there was no memory, no input, no file or network, or no such package.

    A dotted name is a module that is missing from a package which is there.
    """
    if isinstance(error, ModuleNotFoundError):
        return isinstance(error.name, str) and "." not in error.name
    return isinstance(error, MemoryError | EOFError | OSError)


def main() -> None:
    """Read what is asked and run it with the output closed, reporting as it goes."""
    fragments = json.load(sys.stdin)
    report, write, end = os.dup(1), os.write, os._exit
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    module = types.ModuleType("program")
    sys.modules["program"] = module
    for fragment in fragments:
        write(report, json.dumps(run(fragment, module)).encode() + b"\n")
    end(0)


if __name__ == "__main__":
    main()
