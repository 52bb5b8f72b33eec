"""Requests in turn: never too many in flight, older work first, no place ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from stepmark.engines.in_turn import RANK, InTurn
from stepmark.engines.protocol import Completion, Request
from stepmark.errors import EngineError
from tests.fakes.factories import a_request, run


class Slow:
    """Answers one request at a time, when it is told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.doors: list[asyncio.Future[None]] = []

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        self.begun.append(request.prompt.messages[0].content)
        door = asyncio.get_running_loop().create_future()
        self.doors.append(door)
        await door
        return ()


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


def ask(engine: InTurn, text: str, rank: int = 0) -> asyncio.Task[Any]:
    async def ranked() -> None:
        RANK.set(rank)
        await engine.generate(a_request(text=text))

    return asyncio.create_task(ranked())


def played(play: Callable[[Slow, InTurn], Coroutine[Any, Any, None]], places: int) -> list[str]:
    """Return in which order requests were begun."""

    async def all_of_it() -> list[str]:
        slow = Slow()
        await play(slow, InTurn(slow, places=places))
        return slow.begun

    return run(all_of_it())


async def finish(slow: Slow) -> None:
    """Answer everything, the oldest first."""
    answered = 0
    while answered < len(slow.doors):
        if not slow.doors[answered].done():
            slow.doors[answered].set_result(None)
        answered += 1
        await settled()


def test_no_more_than_the_places_are_in_flight():
    async def play(slow: Slow, engine: InTurn) -> None:
        tasks = [ask(engine, str(number)) for number in range(5)]
        await settled()
        assert len(slow.begun) == 2
        slow.doors[0].set_result(None)
        await settled()
        assert len(slow.begun) == 3
        await finish(slow)
        await asyncio.gather(*tasks)

    assert played(play, places=2) == ["0", "1", "2", "3", "4"]


def test_lower_ranks_go_first_and_equals_in_order_of_arrival():
    async def play(slow: Slow, engine: InTurn) -> None:
        wanted = [("first", 9), ("c", 2), ("a", 1), ("d", 2), ("b", 1)]
        tasks = [ask(engine, text, rank) for text, rank in wanted]
        await settled()
        await finish(slow)
        await asyncio.gather(*tasks)

    assert played(play, places=1) == ["first", "a", "b", "c", "d"]


def test_who_is_cancelled_while_waiting_takes_no_place():
    async def play(slow: Slow, engine: InTurn) -> None:
        first, gone, last = (ask(engine, text) for text in ("first", "gone", "last"))
        await settled()
        gone.cancel()
        await settled()
        await finish(slow)
        await asyncio.gather(first, last)

    assert played(play, places=1) == ["first", "last"]


def test_who_is_cancelled_as_the_place_comes_hands_it_on():
    async def play(slow: Slow, engine: InTurn) -> None:
        first, gone, last = (ask(engine, text) for text in ("first", "gone", "last"))
        await settled()
        slow.doors[0].set_result(None)
        await first  # its place is given to the next, who has not run yet
        gone.cancel()
        await settled()
        await finish(slow)
        await last

    assert played(play, places=1)[-1] == "last"


def test_a_failed_request_gives_its_place_back():
    async def play(slow: Slow, engine: InTurn) -> None:
        first, last = ask(engine, "first"), ask(engine, "last")
        await settled()
        slow.doors[0].set_exception(EngineError("no"))
        with pytest.raises(EngineError):
            await first
        await settled()
        await finish(slow)
        await last

    assert played(play, places=1) == ["first", "last"]
