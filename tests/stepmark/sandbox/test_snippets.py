import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.sandbox.protocol import Program
from stepmark.sandbox.snippets import is_snippet


@pytest.mark.parametrize(
    "source",
    [
        "print(3 * 4)",
        "import math\nprint(math.comb(10, 3))",
        "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\nprint(f(20))",
        "total = sum(x * x for x in range(5) if x % 2)\nassert total == 10, total",
        "rows = [1]\nrows.append(2)\nprint(f'{rows[0]:.2f}', ','.join(['a']))",
        "undefined",
    ],
)
def test_a_small_calculation_is_a_snippet(source):
    assert is_snippet(Program(source=source))


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "import math as m",
        "from math import sqrt",
        "import math\nmath.pi = 3",
        "print({1, 2})",
        "print(set([2, 1]))",
        "print(round(2.675, 2))",
        "print(input())",
        "open('x')",
        "eval('1')",
        "print((1).__class__)",
        "print('a'.encode())",
        "__import__('os')",
        "class A: pass",
        "def f():\n    yield 1",
        "def f(x: Undefined): pass",
        "def f() -> Undefined: pass",
        "@decorate\ndef f(): pass",
        "try:\n    1 / 0\nexcept ZeroDivisionError: pass",
        "lambda x: x",
        "async def f(): pass",
        "with open('x') as f: pass",
        "del x",
        "global x",
        "print(1j, b'x')",
        "x = = 1",
        "\0",
    ],
)
def test_whatever_needs_more_is_not(source):
    assert not is_snippet(Program(source=source))


def test_a_program_that_gets_input_is_not():
    assert not is_snippet(Program(source="print(1)", stdin="2"))


@given(st.text())
def test_any_text_is_told_apart_without_an_error(text):
    assert is_snippet(Program(source=text)) in (True, False)
