"""A right solution, and replies as an injection's writer gives them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes.factories import a_solution

SOLUTION = a_solution(["Count.\n", "1 + 1 = 2.\n", "So 2."], outcome="correct")


def tagged(steps: Sequence[str]) -> str:
    """Return a whole solution in the form that is asked for."""
    return "\n".join(f"<step_{i}>{step}</step_{i}>" for i, step in enumerate(steps))


def flawed(*steps: str, errors: str = "1") -> str:
    """Return a whole solution, which of its steps are wrong, and why."""
    return (
        f"{tagged(steps)}\n<error_steps>{errors}</error_steps>\n<explanation>A slip.</explanation>"
    )
