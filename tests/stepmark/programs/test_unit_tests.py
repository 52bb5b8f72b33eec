"""Programs and their tests, run by the real harness; the sandbox is a subprocess."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.programs.unit_tests import Ran, UnitTests, read_report
from tests.fakes.factories import run
from tests.fakes.sandboxes import OpenSandbox, StubSandbox, a_result

TESTS = "assert f(1) == 2\nassert f(2) == 4\nassert f(3) == 6\n"
DATACLASS = """
from dataclasses import dataclass
@dataclass
class A:
    x: "int"
def f(x): return 2 * A(x).x
"""
CHECK = """
def check(candidate):
    for x in range(3):
        assert candidate(x) == 2 * x
    if candidate(1) > 5:
        assert candidate(2) > 5, "not reached by right programs"
check(f)
"""


def ran(*programs: str, tests: str = TESTS, statement: str = "Write f.") -> Ran:
    return run(UnitTests(OpenSandbox()).test(programs, statement, tests))


@pytest.mark.parametrize(
    ("program", "outcome", "answer"),
    [
        ("def f(x): return 2 * x", "correct", "...."),
        ("def f(x): return x + 1", "incorrect", ".FF."),
        ("def f(x): return x / (x - 2)", "incorrect", "FEF."),
        ("def f(x):\n    assert x < 3\n    return 2 * x", "incorrect", "..E."),
        ("def f(x):\n    while x == 2: pass\n    return 2 * x", "incorrect", ".T-T"),
        ("def f(x):\n    import sys; sys.exit(0)", "incorrect", "EEE."),
        ("import os\ndef f(x): os._exit(0)", "incorrect", "exit"),
        ("import sys; sys.exit(0)", "incorrect", "load SystemExit"),
        ("raise KeyboardInterrupt", "incorrect", "load KeyboardInterrupt"),
        ("def f(x) return", "incorrect", "load SyntaxError"),
        ("assert False", "incorrect", "load AssertionError"),
        ("from math import nowhere", "incorrect", "load ImportError"),
        ("import math.nowhere", "incorrect", "load ModuleNotFoundError"),
        ("x = " + "(" * 500, "incorrect", "load SyntaxError"),
        ("", "incorrect", "EEE."),
        ("print('x' * 10**7)\ndef f(x): return 2 * x", "correct", "...."),
        ("if __name__ == '__main__': raise ValueError\ndef f(x): return 2 * x", "correct", "...."),
        ("def f(x): return input()", "incorrect", "EEE."),
        (DATACLASS, "correct", "...."),
        ("import builtins\nbuiltins.print = None\ndef f(x): return 2 * x", "correct", "...."),
    ],
)  # fmt: skip
def test_a_program_is_told_by_the_marks_of_its_tests(monkeypatch, program, outcome, answer):
    monkeypatch.setattr("stepmark.programs.unit_tests.SECONDS", 0.2)
    assert ran(program) == Ran(outcome=outcome, answer=answer, reason=None)


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("def f(x): return 2 * x", ".-."),
        ("def f(x): return 0 if x == 0 else 7", "F.."),
    ],
)
def test_an_assertion_has_one_mark_however_often_it_runs(program, answer):
    assert ran(program, tests=CHECK).answer == answer


def test_tests_may_raise_without_an_assertion():
    tests = "if f(1) != 2: raise ValueError"
    assert ran("def f(x): return 1", tests=tests).answer == "E"
    assert ran("def f(x): return 2", tests=tests).outcome == "correct"


def test_a_statement_that_is_source_gives_its_imports_and_helpers():
    statement = (
        "import math\ndef half(x):\n    return x / 2\ndef f(x: int) -> int:\n    '''Twice.'''\n"
    )
    assert ran("def f(x): return math.ceil(half(4 * x))", statement=statement).outcome == "correct"


def test_the_first_program_that_loads_is_tested():
    assert ran("def f(x", "def f(x): return 2 * x").outcome == "correct"
    assert ran("def f(x", "1 / 0").answer == "load SyntaxError"


WANTING = "def f(x):\n    import nowhere"
MEMORY = "def f(x):\n    raise MemoryError"


@pytest.mark.parametrize(
    ("programs", "reason"),
    [
        (["import nowhere"], "sandbox_package"),
        (["Here it is: import nowhere", "import nowhere"], "sandbox_package"),
        ([WANTING], "sandbox_package"),
        (["raise MemoryError"], "sandbox_memory"),
        ([MEMORY], "sandbox_memory"),
    ],
)
def test_what_the_sandbox_does_not_give_is_unknown(programs, reason):
    assert ran(*programs) == Ran(outcome="unknown", answer=None, reason=reason)


def test_a_statement_that_cannot_be_run_for_want_of_a_package_leaves_its_program_unknown():
    given = ran("def f(x): return helper(x)", statement="import nowhere\ndef helper(x): return 1")
    assert given.reason == "sandbox_package"


def test_what_fails_in_another_assertion_too_is_wrong():
    program = "def f(x):\n    if x == 2: raise MemoryError\n    return 0"
    assert ran(program) == Ran(outcome="incorrect", answer="FMF.", reason=None)


@pytest.mark.parametrize("ended", ["timeout", "memory", "output", "killed"])
def test_what_the_sandbox_stops_is_unknown(ended):
    tests = UnitTests(StubSandbox(a_result(ended=ended, exit_code=None)))
    assert run(tests.test(("x",), "", "")) == Ran(
        outcome="unknown", answer=None, reason=f"sandbox_{ended}"
    )


@pytest.mark.parametrize("said", ["", "\nfoo {}\n", '\nnonce {"load": null, "marks": "...."}\n'])
def test_a_report_without_the_nonce_is_none(said):
    tests = UnitTests(StubSandbox(a_result(said)))
    assert run(tests.test(("x",), "", "")).outcome == "incorrect"


def test_an_equal_program_is_run_once():
    sandbox = OpenSandbox()
    tests = UnitTests(sandbox)
    first = run(tests.test(("def f(x): return 2 * x",), "", TESTS))
    assert run(tests.test(("def f(x): return 2 * x",), "", TESTS)) == first
    assert len(sandbox.ran) == 1


@given(
    st.text()
    | st.fixed_dictionaries(
        {"load": st.none() | st.text() | st.integers(), "marks": st.text() | st.none()}
    ).map(json.dumps)
)
def test_no_report_makes_it_raise_or_pass_without_marks(said):
    ran = read_report(f"\nnonce {said}", "nonce")
    assert ran.outcome == "incorrect" or set(ran.answer or "") <= set(".-")
