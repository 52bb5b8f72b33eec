"""What a model is asked: a shipped prompt filled in one pass, its hash on record.

Judges, injections, rewrites and translations all ask so. Problems and solutions are hostile text.
They are filled in once and never scanned again, and tags in them that look like ours are written
with `&lt;`, so that a step cannot close itself and speak as the prompt.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from importlib import resources
from typing import Final

from stepmark.engines.protocol import Message
from stepmark.ids import content_id

_TAG: Final = re.compile(
    r"<(?=\s{0,3}/?\s{0,3}(?:step_|problem|solution|reference|candidate|verification|critique))",
    re.IGNORECASE,
)


@functools.cache
def prompt(name: str) -> str:
    """Return the shipped prompt of this name."""
    path = resources.files("annotators") / "prompts" / f"{name}.txt"
    return path.read_text(encoding="utf-8").rstrip("\n")


def prompt_id(*names: str) -> str:
    """Return the content hash of prompts (`pr_…`): who was asked what is on record."""
    return content_id("pr", *map(prompt, names))


def ask(name: str, **fields: str) -> tuple[Message, ...]:
    """Return the conversation of a prompt with its fields filled in, each exactly as given."""
    template = prompt(name)
    missing = [field for field in fields if f"{{{field}}}" not in template]
    assert not missing, f"the prompt {name} has no place for {missing}"
    slot = re.compile(r"\{(" + "|".join(map(re.escape, fields)) + r")\}")
    return (Message(role="user", content=slot.sub(lambda match: fields[match[1]], template)),)


def quoted(text: str) -> str:
    """Return hostile text with tags that look like ours made harmless."""
    return _TAG.sub("&lt;", text.strip())


def has_tags(text: str) -> bool:
    """Tell whether a text holds tags that look like ours: a reply that copied the prompt's."""
    return _TAG.search(text) is not None


def numbered(steps: Sequence[str], count_from: int = 0) -> str:
    """Return steps between numbered tags."""
    return "\n".join(
        f"<step_{number}>\n{quoted(step)}\n</step_{number}>"
        for number, step in enumerate(steps, start=count_from)
    )
