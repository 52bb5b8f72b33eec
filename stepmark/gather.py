"""Many coroutines at once, where the first error ends them all and is raised as itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def gather_all(
    work: Callable[[Item], Awaitable[Result]], items: Iterable[Item]
) -> list[Result]:
    """Run one coroutine an item and return the results in the order of the items."""

    async def awaited(item: Item) -> Result:
        return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(awaited(item)) for item in items]
    except BaseExceptionGroup as errors:
        raise _first(errors) from None
    return [task.result() for task in tasks]


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
