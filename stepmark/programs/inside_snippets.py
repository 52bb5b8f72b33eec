"""Runs in the sandbox, not here: snippets of code, one after another, in one namespace.

It is sent as source, so it imports nothing but the standard library. On standard input it gets a
JSON list of sources. It prints a line of JSON as each ends: `output`, what the snippet printed, and
`error`, the exception that it raised, or null. After an exception the next snippet runs all the
same. Without its line, a snippet was stopped, or ended the interpreter.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import types

LONGEST = 2000
"""Characters of an output or an error that are reported."""


def run(snippet: str, module: types.ModuleType) -> dict[str, str | None]:
    """Run one snippet; return what is reported of it."""
    said = io.StringIO()
    error = None
    with contextlib.redirect_stdout(said):
        try:
            exec(compile(snippet, "snippet", "exec"), module.__dict__)  # noqa: S102 (the sandbox)
        except BaseException as raised:  # noqa: BLE001 - SystemExit among them
            error = f"{type(raised).__name__}: {raised}"[:LONGEST]
    return {"output": said.getvalue()[:LONGEST], "error": error}


def main() -> None:
    """Read what is asked and run it with the output closed, reporting as it goes."""
    snippets = json.load(sys.stdin)
    report, write, end = os.dup(1), os.write, os._exit
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    module = types.ModuleType("program")
    sys.modules["program"] = module
    for snippet in snippets:
        write(report, json.dumps(run(snippet, module)).encode() + b"\n")
    end(0)


if __name__ == "__main__":
    main()
