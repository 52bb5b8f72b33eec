"""Lines mutated by fixed operators."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.rewrites import Operators
from annotators.rewrites.operators import mutants
from tests.fakes.factories import a_problem, a_solution, run


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("    if a < b and c:", ["    if a <= b and c:", "    if a < b or c:"]),
        ("x += 1", ["x -= 1", "x += 2"]),
        ("return a[i - 1] * 2", ["return a[i + 1] * 2", "return a[i - 2] * 2",
                                 "return a[i - 1] + 2", "return a[i - 1] * 3"]),
        ("return True  # a < b", ["return False  # a < b"]),
        ("s = 'a < b'", []),
        ("from math import *", []),
        ("def f(x=1):", []),
        ("x = 1.5", []),
        ("y = (x +", ["y = (x -"]),
        ("''' a < b", []),
        ("x = 1 + \\\n2 < 3", ["x = 2 + \\\n2 < 3", "x = 1 - \\\n2 < 3"]),
    ],
)  # fmt: skip
def test_one_token_is_exchanged_and_all_else_stays(line, made):
    assert list(mutants(line)) == made


def test_a_step_keeps_its_comment_and_its_end_and_has_at_most_so_many_mutants():
    solution = a_solution(["# a < b\nif a < b < c < d:\n\n", "    pass\n"])
    steps, lost = run(Operators(method="operators", most=2).rewrites(a_problem(), solution, {}))
    assert [(new.step, new.text, new.draw) for new in steps] == [
        (0, "# a < b\nif a <= b < c < d:\n\n", 0),
        (0, "# a < b\nif a < b <= c < d:\n\n", 1),
    ]
    assert lost == ()


@given(st.text(alphabet="ab(<=>+-1'\"#\\ \t", max_size=40))
def test_no_line_makes_it_raise_and_no_mutant_is_the_line(line):
    assert line not in list(mutants(line))
