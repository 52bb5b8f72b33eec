"""What a search may ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stepmark.draws import Draw


class DrawSource(Protocol):
    """Graded draws of one problem's prefixes; `stepmark.draws.Draws` is the real one."""

    async def draws(self, prefix: str, count: int) -> Sequence[Draw]:
        """Return the first `count` draws of a prefix, the same ones whenever they are asked."""
        ...
