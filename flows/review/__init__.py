"""People in the loop: which solutions to show them, where, and how what they say comes back."""

from __future__ import annotations

from typing import Literal

Tool = Literal["argilla", "label-studio"]
"""Tools that reviews are exported to and imported from."""
