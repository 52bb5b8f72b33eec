"""What a rewrite returns: new steps, and the reasons of those that did not come."""

from __future__ import annotations

from typing import NamedTuple


class NewStep(NamedTuple):
    """A step to put in the place of another."""

    step: int
    """Index from 0 of the step that it replaces."""
    text: str
    """Its text, ended by the white space that ended the other."""
    writer: str
    """Identity of the policy that wrote it (`po_…`), or the name of the rule that made it."""
    request: str
    """Ledger address of what the policy was asked (`rq_…`); empty for a rule."""
    draw: int
    """Index of the draw at that address, from 0; of a rule, of what it made of this step."""
    prompt_tokens: int = 0
    """Tokens of the prompt."""
    completion_tokens: int = 0
    """Tokens of the reply."""


class Rewrites(NamedTuple):
    """What a solution's rewriting gives."""

    steps: tuple[NewStep, ...]
    """New steps, each other than what it replaces, in order."""
    lost: tuple[str, ...]
    """Why others are missing, one reason each."""


def code_line(step: str) -> tuple[str, str, str]:
    """Return a step of code in parts: what precedes its last line with code, the line, its end.

    The comments above stay as they are, and so does the white space that ends the step.
    """
    body = step.rstrip()
    before, newline, line = body.rpartition("\n")
    return before + newline, line, step[len(body) :]
