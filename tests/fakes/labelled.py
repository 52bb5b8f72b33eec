"""Labelled solutions for exporters: written as letters, or any that a build could hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from stepmark.records import Verdict
from storage.rows import LabelledSolution

VERDICTS: dict[str, Verdict] = {"C": "correct", "I": "incorrect", "?": "unlabelled", "N": "neutral"}


def a_row(verdicts: str, steps: tuple[str, ...] | None = None, **changes: Any) -> LabelledSolution:
    """`CI?N` stands for a correct, an incorrect, an unlabelled and a neutral step."""
    error = verdicts.find("I")
    values: dict[str, Any] = {
        "id": "so_1",
        "problem_id": "pb_1",
        "problem": "What is 1 + 1?",
        "reference": "2",
        "steps": steps or tuple(f"Step {i}: so.\n\n" for i in range(1, len(verdicts) + 1)),
        "verdicts": tuple(VERDICTS[letter] for letter in verdicts),
        "values": (None,) * len(verdicts),
        "interpolated": (False,) * len(verdicts),
        "first_error": None if error < 0 else error,
        "bracketed": None if error < 0 else True,
        "semantics": "potential",
        "annotator": "mc",
        "answer": "2",
        "outcome": "correct" if error < 0 else "incorrect",
        "policy": "po_1",
        "step_policies": ("po_1",) * len(verdicts),
        "solve_rate": None,
        "difficulty": None,
        "source": "p.jsonl",
        "source_id": None,
        "rollouts": 8,
        "completion_tokens": 40,
    }
    return LabelledSolution(**values | changes)


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from("\n +-ки<>"),
    max_size=20,
)


@st.composite
def rows(draw: st.DrawFn) -> LabelledSolution:
    """Any labelled solution, with every kind of verdict and value, and marks inside its texts."""
    steps = draw(st.lists(texts, min_size=1, max_size=6))
    return a_row(
        "".join(draw(st.sampled_from("CI?N")) for _ in steps),
        tuple(steps),
        problem=draw(texts),
        values=tuple(draw(st.none() | st.floats(0, 1)) for _ in steps),
        semantics=draw(st.sampled_from(("potential", "correctness", "local"))),
        outcome=draw(st.sampled_from(("correct", "incorrect", "unknown"))),
        id=f"so_{draw(st.integers(0, 99))}",
        problem_id=f"pb_{draw(st.integers(0, 3))}",
    )
