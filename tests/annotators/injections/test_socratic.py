"""Socratic-PRMBench's construction: twenty kinds of error in six patterns of reasoning."""

from __future__ import annotations

from annotators.injections import Socratic
from annotators.injections.socratic import PATTERNS
from tests.fakes.factories import a_problem, a_solution

INJECTION = Socratic(method="socratic", policy="writer")


def test_six_patterns_have_twenty_kinds_of_error():
    assert [len(pattern.errors) for pattern in PATTERNS.values()] == [2, 3, 3, 6, 2, 4]
    assert len(INJECTION.kinds) == 20


def test_a_request_names_the_pattern_what_it_does_and_the_error():
    (message,) = INJECTION.question(
        "decomposition_incompleteness", a_problem(), a_solution(2)
    ).messages
    assert "reason by decomposition: such a step breaks the problem into parts" in message.content
    assert "this error: incompleteness (a part that is needed is left out)" in message.content
