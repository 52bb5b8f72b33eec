"""Worker processes: results, limits that kill, and an end that leaves nothing behind."""

from __future__ import annotations

import asyncio
import multiprocessing
import operator
import time

import pytest

from stepmark.errors import ProcessesError
from stepmark.processes import Processes


def count_for_ever() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("task", "arguments"),
    [(count_for_ever, ()), (operator.pow, (9, 10**9)), (time.sleep, (3600,))],
    ids=["python", "one operation", "asleep"],
)
def test_a_task_runs_elsewhere_and_one_over_its_limit_is_killed(task, arguments):
    async def run() -> int:
        processes = Processes(cpu_s=0.1)
        try:
            with pytest.raises(TimeoutError):
                await processes.run(task, *arguments)
            return await processes.run(operator.add, 2, 3)
        finally:
            processes.close()

    assert asyncio.run(run()) == 5


def test_nothing_is_started_until_a_task_is_there():
    before = len(multiprocessing.active_children())
    processes = Processes(cpu_s=1.0)
    processes.close()
    assert len(multiprocessing.active_children()) == before


def test_closed_processes_say_so():
    processes = Processes(cpu_s=1.0)
    processes.close()
    with pytest.raises(ProcessesError, match="are closed"):
        asyncio.run(processes.run(operator.add, 2, 3))
