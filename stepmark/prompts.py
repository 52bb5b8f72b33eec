"""Prompt templates: text files beside the code, filled in one pass.

`{field}` is replaced only for declared fields, so LaTeX and JSON braces stay as they are, and
what was filled in is never scanned again: a problem that says `{solution}` steers nothing.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from stepmark.engines.protocol import Message
from stepmark.errors import RecipeError

FIELD = re.compile(r"\{(problem|prefix)\}")


@functools.cache
def load(name: str) -> str:
    """Return the shipped template of this name.

    Raises:
        RecipeError: there is no such template; the message lists those there are.
    """
    folder = resources.files("stepmark") / "templates"
    path = folder / f"{name}.txt"
    if not path.is_file():
        known = ", ".join(available())
        raise RecipeError(f"There is no prompt named {name!r}. Shipped prompts: {known}.")
    return path.read_text(encoding="utf-8").rstrip("\n")


def available() -> Sequence[str]:
    """Return the names of the shipped templates, sorted."""
    folder = resources.files("stepmark") / "templates"
    return sorted(p.name.removesuffix(".txt") for p in folder.iterdir() if p.name.endswith(".txt"))


def render(template: str, **fields: str) -> str:
    """Fill the declared fields in, once.

    Raises:
        RecipeError: the template lacks a field that was given, or names one that was not.
    """
    named = set(FIELD.findall(template))
    if named != set(fields):
        raise RecipeError(
            f"A prompt must use exactly the fields {sorted(fields)}; "
            f"this one uses {sorted(named)}: {template[:80]!r}."
        )
    return FIELD.sub(lambda match: fields[match[1]], template)


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvePrompt:
    """How a problem is put to a policy; its rollouts continue the same conversation."""

    system: str | None
    """System turn; null for none."""
    user: str
    """Template of the user's turn, with `{problem}`."""

    def messages(self, statement: str) -> tuple[Message, ...]:
        """Return the conversation up to the assistant's turn."""
        turn = Message(role="user", content=render(self.user, problem=statement))
        if self.system is None:
            return (turn,)
        return (Message(role="system", content=self.system), turn)
