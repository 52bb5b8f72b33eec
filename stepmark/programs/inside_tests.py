"""Runs in the sandbox, not here: one program with its tests, one mark for each `assert` of them.

It is sent as source, so it imports nothing but the standard library. On standard input it gets a
JSON object: `nonce`, `statement`, `programs`, `tests`, `seconds`; it prints one line, the nonce and
a JSON object with `load`, the name of the exception that loading ended with or null, and `marks`,
which are that exception's mark if there is one.

A mark stands for an `assert` in the order of the source, however often it ran: `.` it held, `F` it
did not, `E` something was raised inside it, `T` it took more than `seconds` of processor time, `-`
it was not reached. `M` and `P` are for want of what the sandbox does not give: memory, or a package
that is imported. The last mark is that of the rest of the tests. A failed assertion does not end
the tests, so that wrong programs can be told apart by their marks; one that takes too long does.

The program shares the process with its tests. A program written to deceive them could; one that
only ends the interpreter, floods the output or rebinds builtins cannot pass for a right one.
"""

from __future__ import annotations

import ast
import json
import os
import signal
import sys
import types
from collections.abc import Mapping
from typing import Any

GUARD = "_stepmark"
"""Name under which the tests see their marks."""
WANT = "MP"
"""Marks of what failed for want of something."""


class OvertimeError(BaseException):
    """The processor time of one assertion, or of loading, is spent."""


class Marks:
    """What became of each assertion."""

    def __init__(self, count: int, seconds: float) -> None:
        self.marks = ["-"] * count
        self._seconds = seconds

    def begin(self) -> None:
        """Start the clock of one assertion, or of what is between two."""
        # Once more every second: a program may catch everything in a loop.
        signal.setitimer(signal.ITIMER_PROF, self._seconds, 1.0)

    def held(self, index: int) -> None:
        """Note an assertion that held; one that failed before has failed."""
        self.begin()
        if self.marks[index] == "-":
            self.marks[index] = "."

    def failed(self, index: int, error: BaseException) -> None:
        """Note an assertion that failed; one that took too long ends the tests."""
        self.begin()
        if self.marks[index] in "-.":
            trace = error.__traceback__
            own = isinstance(error, AssertionError) and (trace is None or trace.tb_next is None)
            self.marks[index] = "F" if own else _mark(error)
        if isinstance(error, OvertimeError):
            raise error


def _mark(error: BaseException) -> str:
    """Return the mark of what was raised, other than by an assertion of the tests."""
    if isinstance(error, OvertimeError):
        return "T"
    if isinstance(error, MemoryError):
        return "M"
    if isinstance(error, ModuleNotFoundError) and isinstance(error.name, str):
        return "E" if "." in error.name else "P"  # with a dot the package itself is there
    return "E"


class Watched(ast.NodeTransformer):
    """Puts each assertion between marks."""

    def __init__(self) -> None:
        self.count = 0

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        """Return the assertion inside a `try` that notes how it ended."""
        index, self.count = self.count, self.count + 1
        (guarded,) = ast.parse(
            f"try:\n {GUARD}.begin()\n pass\n"
            f"except BaseException as {GUARD}_error: {GUARD}.failed({index}, {GUARD}_error)\n"
            f"else: {GUARD}.held({index})"
        ).body
        assert isinstance(guarded, ast.Try)
        guarded.body[1] = node
        return ast.fix_missing_locations(ast.copy_location(guarded, node))


def run(
    statement: str, programs: list[str], tests: str, seconds: float
) -> Mapping[str, str | None]:
    """Run the first program that loads with its tests; return what the report says."""
    signal.signal(signal.SIGPROF, _overtime)
    failures = []
    for program in programs:
        loaded = _loaded(statement, program, seconds)
        if isinstance(loaded, types.ModuleType):
            return {"load": None, "marks": _tested(loaded.__dict__, tests, seconds)}
        failures.append(loaded)
    wanting = [failure for failure in failures if failure["marks"] in WANT]
    return (wanting or failures)[0]


def _loaded(statement: str, program: str, seconds: float) -> types.ModuleType | dict[str, str]:
    """Load a program over its statement, which may itself be source with imports and helpers.

    Returns what is reported if that fails; a statement in prose does not.
    """
    module = types.ModuleType("program")
    sys.modules["program"] = module  # dataclasses and pickles look their module up
    clock = Marks(0, seconds)
    clock.begin()
    try:
        exec(compile(statement, "statement", "exec"), module.__dict__)  # noqa: S102 (the sandbox)
    except BaseException as error:  # noqa: BLE001 - SystemExit and the clock among them
        if _mark(error) in WANT:
            return _failure(error)
    clock.begin()
    try:
        exec(compile(program, "program", "exec"), module.__dict__)  # noqa: S102
    except BaseException as error:  # noqa: BLE001 - SystemExit and the clock among them
        return _failure(error)
    return module


def _failure(error: BaseException) -> dict[str, str]:
    return {"load": type(error).__name__, "marks": _mark(error)}


def _tested(namespace: dict[str, Any], tests: str, seconds: float) -> str:
    """Run the tests in the program's namespace; return the marks."""
    watched = Watched()
    marks = Marks(0, seconds)
    rest = "."
    try:
        tree = watched.visit(ast.parse(tests))
        marks.marks = ["-"] * watched.count
        namespace[GUARD] = marks
        marks.begin()
        exec(compile(tree, "tests", "exec"), namespace)  # noqa: S102
    except BaseException as error:  # noqa: BLE001 - SystemExit and the clock among them
        rest = _mark(error)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return "".join(marks.marks) + rest


def _overtime(_number: int, _frame: types.FrameType | None) -> None:
    raise OvertimeError


def main() -> None:
    """Read what is asked, run it with the output closed, and report."""
    asked = json.load(sys.stdin)
    nonce = asked.pop("nonce")
    report = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    end, write, dumps = os._exit, os.write, json.dumps
    said = f"\n{nonce} {dumps(run(**asked))}\n"
    write(report, said.encode())
    end(0)  # no thread and no exit handler of the program may hold it up


if __name__ == "__main__":
    main()
