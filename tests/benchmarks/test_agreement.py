"""Agreement of two builds: counted where both say something, and were not assuming it."""

from __future__ import annotations

from typing import Any

from benchmarks.agreement import agreement, matched
from storage.rows import LabelledSolution


def a_row(identifier: str, verdicts: str, *, assumed: str = "", **changes: Any) -> LabelledSolution:
    """A wrong solution whose verdicts are given by letter, C, I or ?."""
    words = {"C": "correct", "I": "incorrect", "?": "unlabelled"}
    values: dict[str, Any] = {
        "id": identifier,
        "problem_id": "pb_0",
        "problem": "What is 6 x 7?",
        "reference": "42",
        "steps": tuple(verdicts),
        "verdicts": tuple(words[letter] for letter in verdicts),
        "values": (None,) * len(verdicts),
        "interpolated": tuple(str(i) in assumed for i in range(len(verdicts))),
        "first_error": verdicts.find("I") if "I" in verdicts else None,
        "bracketed": None,
        "semantics": "potential",
        "annotator": "mc",
        "answer": "41",
        "outcome": "incorrect",
        "policy": "po_0",
        "step_policies": ("po_0",) * len(verdicts),
        "solve_rate": None,
        "difficulty": None,
        "source": "a test",
        "source_id": None,
        "rollouts": 8,
        "completion_tokens": 80,
    }
    return LabelledSolution(**values | changes)


def test_first_errors_and_measured_verdicts_are_compared():
    left = [a_row("so_1", "CCII"), a_row("so_2", "CIII"), a_row("so_3", "C???")]
    right = [a_row("so_2", "CCII", assumed="0"), a_row("so_1", "CCII", assumed="0")]
    figures = agreement(matched(left, right))
    assert (figures["solutions"], figures["both_find_a_first_error"]) == (2, 2)
    assert figures["first_error_equal"] == 0.5
    assert (figures["steps_both_measured"], figures["verdicts_equal"]) == (6, 5 / 6)
    assert (figures["rollouts_left"], figures["rollouts_right"]) == (16, 16)


def test_right_solutions_have_no_say_in_first_errors_and_unlabelled_steps_none_in_verdicts():
    left = [a_row("so_1", "CC", outcome="correct"), a_row("so_2", "C?")]
    figures = agreement(matched(left, left))
    assert figures["wrong"] == 1
    assert figures["first_error_equal"] is None
    assert figures["steps_both_measured"] == 3
