"""The terminal that commands print to."""

from __future__ import annotations

from rich.console import Console

console = Console()


def say(line: str) -> None:
    """Print a line as it is, and leave the breaking of long ones to the terminal."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)
