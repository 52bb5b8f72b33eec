import asyncio
from typing import Any

import pytest

from stepmark.errors import SandboxError
from stepmark.sandbox import by_need
from stepmark.sandbox.by_need import ByNeed
from stepmark.sandbox.protocol import Limits, Program, Result
from stepmark.sandbox.restricted import Restricted


class Named:
    """A sandbox that prints its name."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log

    async def __aenter__(self):
        self.log.append(f"open {self.name}")
        return self

    async def __aexit__(self, *_):
        self.log.append(f"close {self.name}")

    async def run(self, program, limits):
        return Result(ended="finished", exit_code=0, stdout=self.name, stderr="", seconds=0)


def test_snippets_are_restricted_and_other_programs_isolated(monkeypatch):
    log: list[str] = []
    monkeypatch.setattr(by_need, "Isolated", lambda **_: Named("isolated", log))
    monkeypatch.setattr(by_need, "Restricted", lambda **_: Named("restricted", log))

    async def both() -> Any:
        async with ByNeed() as sandbox:
            small = await sandbox.run(Program(source="print(1)"), Limits())
            large = await sandbox.run(Program(source="import os"), Limits())
            log.extend([small.stdout, large.stdout])

    asyncio.run(both())
    assert log[:4] == ["open isolated", "open restricted", "restricted", "isolated"]
    assert log[4:] == ["close restricted", "close isolated"]


def test_when_the_second_does_not_open_the_first_is_closed(monkeypatch):
    log: list[str] = []
    monkeypatch.setattr(by_need, "Isolated", lambda **_: Named("isolated", log))

    async def broken(_: Restricted) -> Any:
        raise SandboxError("no interpreter")

    monkeypatch.setattr(Restricted, "__aenter__", broken)

    async def opened() -> Any:
        async with ByNeed():
            pass

    with pytest.raises(SandboxError, match="no interpreter"):
        asyncio.run(opened())
    assert log == ["open isolated", "close isolated"]
