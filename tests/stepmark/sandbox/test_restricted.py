import asyncio
import builtins
import contextlib
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepmark.errors import SandboxError
from stepmark.sandbox.protocol import Limits, Program, Result
from stepmark.sandbox.restricted import Restricted
from stepmark.sandbox.snippets import is_snippet

LIMITS = Limits()


def run(*sources: str, limits: Limits = LIMITS) -> list[Result]:
    async def all_of_them() -> Any:
        async with Restricted(at_once=1) as sandbox:
            return [await sandbox.run(Program(source=source), limits) for source in sources]

    return asyncio.run(all_of_them())


def by_python(source: str) -> tuple[str, int]:
    """What CPython prints, and its exit code: for texts that are written here only."""
    printed, code = io.StringIO(), 0
    with contextlib.redirect_stdout(printed):
        try:
            exec(source, {})
        except Exception:  # noqa: BLE001  (whatever it is)
            code = 1
    return printed.getvalue(), code


ALIKE = [
    "print(1/3, 2**100, 7//-2, -7%3, 0.1+0.2, 1e16, 1e-5, 5.0, 1e22)",
    "print(divmod(-7, 2), 2**-1, 2**0.5, (-8)**(1/3), -7.5 % 2, 7.0 // 2)",
    "print(1, 2, sep='-', end='!')",
    "print(sorted([3, 1, 2], reverse=True), list(reversed([1, 2])), list(zip([1], [2])))",
    'print(f"{3.14159:.2f} {5:>4}|{5:<4}|{5:^5}| {1234567:,} {0.25:.1%} {255:x} {3=}")',
    "print('%5.2f|%d|%s|%05d|%+.3e|%%' % (1.5, 3, [1], 42, 12345.678))",
    "print({'b': 1, 'a': [1, (2,), None, True]}, (1,), [], '')",
    "print(max([1, 5], default=0), min(3, 2), sum([0.1] * 10), abs(-3), sum([1, 2], start=10))",
    "import math\nprint(math.sqrt(2), math.comb(10, 3), math.factorial(20), math.log(8, 2))",
    "print(int('12'), int(3.9), float('1e3'), str(1.0), int('ff', 16), -float('inf'))",
    "print([x * y for x in range(3) for y in range(3) if x != y])",
    "x = [1, 2, 3, 4]\nx[1:3] = [9]\nx.append(5)\nprint(x, x[-1], x[::-1], 'abc'[1])",
    "print(1 < 2 < 3, not 1, 5 in [5], None is None, 3 & 5 | 8 ^ 1, ~5, 1 << 10)",
    "for i in range(3):\n    if i == 1:\n        continue\n    print(i)\nelse:\n    print('done')",
    "(a, b), c = (1, 2), 3\na, b = b, a\nprint(a, b, c)",
    "print(True + True, 10 % 3.5, 1_000, 1e308 * 10, -0.0)",
    "print('é', len('héllo'), str([1.5, 'a']), 'a' * 3, [0] * 2)",
    "print(range(5), list(range(10, 0, -3)), range(3)[1])",
    "assert 1 + 1 == 3, 'sums'",
    "1 / 0",
    "undefined",
    "print('before')\n[1][5]",
    "{}['a']",
    "int('x')",
    "'a' + 1",
    "print(10**5000)",
    "def f(n):\n    return f(n + 1)\nf(0)",
]


def test_it_prints_and_fails_as_python_does():
    assert all(is_snippet(Program(source=source)) for source in ALIKE)
    results = run(*ALIKE)
    answers = [(result.stdout, result.exit_code) for result in results]
    assert dict(zip(ALIKE, answers, strict=True)) == dict(
        zip(ALIKE, map(by_python, ALIKE), strict=True)
    )


numbers = st.integers(-1000, 1000) | st.floats(-1e6, 1e6).map(lambda x: float(f"{x:.3f}"))
operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "<", "=="])
calculations = st.tuples(numbers, operators, numbers, operators, numbers).map(
    lambda parts: "print({!r} {} ({!r} {} {!r}))".format(*parts)
)


@settings(max_examples=5)
@given(st.lists(calculations, min_size=20, max_size=20))
def test_calculations_come_out_to_the_last_digit(sources):
    answers = [(result.stdout, result.exit_code) for result in run(*sources)]
    assert answers == [by_python(source) for source in sources]


@pytest.mark.parametrize(
    ("source", "ended"),
    [
        ("while True: pass", "timeout"),
        ("x = 'a' * 10**12", "memory"),
        ("while True: print('x' * 1000)", "output"),
    ],
)
def test_each_limit_ends_it_with_its_reason(source, ended):
    limits = Limits(wall_s=60, cpu_s=1, memory_bytes=100 << 20, output_bytes=5000)
    [result] = run(source, limits=limits)
    assert (result.ended, result.exit_code) == (ended, None)
    assert len(result.stdout) in (0, 5000)


def test_one_snippet_finds_nothing_of_the_one_before():
    assert [result.exit_code for result in run("x = 1", "print(x)")] == [0, 1]


def test_a_program_that_is_no_snippet_is_refused():
    with pytest.raises(SandboxError, match="isolated sandbox"):
        run("import os")


def test_without_the_interpreter_the_error_says_how_to_install_it(monkeypatch):
    plain_import = builtins.__import__

    def without_monty(name, *rest):
        if name == "pydantic_monty":
            raise ImportError(name)
        return plain_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_monty)
    with pytest.raises(SandboxError, match="pip install pydantic-monty"):
        Restricted()
