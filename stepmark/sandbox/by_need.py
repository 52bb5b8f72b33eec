"""One sandbox of two: snippets go to the restricted interpreter, other programs are isolated."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Self

from stepmark.sandbox.isolated import Isolated
from stepmark.sandbox.protocol import Limits, Program, Result
from stepmark.sandbox.restricted import Restricted
from stepmark.sandbox.snippets import is_snippet


class ByNeed:
    """Chooses by the program's text alone, so that a build repeats itself."""

    def __init__(self, *, at_once: int | None = None, packages: tuple[str, ...] = ()) -> None:
        """Say how many programs run at once in each, and what isolated ones may import."""
        self._isolated = Isolated(at_once=at_once, packages=packages)
        self._restricted = Restricted(at_once=at_once)
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open both.

        Raises:
            SandboxError: one of them is not installed, or does not work here.
        """
        async with AsyncExitStack() as opening:
            await opening.enter_async_context(self._isolated)
            await opening.enter_async_context(self._restricted)
            self._opened = opening.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close both."""
        await self._opened.aclose()

    async def run(self, program: Program, limits: Limits) -> Result:
        """Run a program where it belongs.

        Raises:
            SandboxError: the sandbox itself did not work.
        """
        chosen = self._restricted if is_snippet(program) else self._isolated
        return await chosen.run(program, limits)
