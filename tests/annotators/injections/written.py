"""A right solution, and replies as an injection's writer gives them."""

from __future__ import annotations

from tests.fakes.factories import a_solution

SOLUTION = a_solution(["Count.\n", "1 + 1 = 2.\n", "So 2."], outcome="correct")


def tagged(*steps: str) -> str:
    """Return a whole solution in the form that is asked for."""
    return "\n".join(f"<step>{step}</step>" for step in steps)


def flawed(wrong: str, *after: str, step: str = "1", why: str = "A slip.") -> str:
    """Return a wrong step, its place, and the steps after it."""
    following = "".join(f"\n<next_step>{each}</next_step>" for each in after)
    return (
        f"<explanation>{why}</explanation>\n<error_step>{step}</error_step>\n"
        f"<wrong_step>{wrong}</wrong_step>{following}"
    )
