"""A figure on a page: a chart, how to read it, and its numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What `figures.html` draws."""

    title: str
    """What is shown."""
    hint: str = ""
    """How to read it."""
    chart: Markup | None = None
    """The picture; without one the table is open."""
    header: Sequence[str]
    """Names of the table's columns."""
    rows: Sequence[Sequence[object]]
    """Its cells, as they are shown; the first of a row names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Figures under one heading."""

    id: str
    """Anchor."""
    title: str
    """The heading."""
    about: str
    """What they tell, and from what."""
    figures: Sequence[Figure]
    """One or more."""
