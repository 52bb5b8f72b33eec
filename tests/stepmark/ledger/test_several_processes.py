"""Processes that write into one ledger at once, and die while they do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from stepmark.engines.protocol import Completion
from stepmark.ledger import Ledger
from stepmark.ledger.check import verify
from stepmark.ledger.folder import Folder
from tests.stepmark.ledger.entries import ADDRESS, PROBLEM

ROOT = Path(__file__).resolve().parents[3]


def test_a_killed_process_loses_nothing_it_was_told_is_kept(tmp_path):
    child = start_writer(tmp_path, first=0)
    assert child.stdout is not None
    told = [json.loads(child.stdout.readline()) for _ in range(60)]
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate()
    told += [json.loads(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    assert child.returncode == -signal.SIGKILL
    with closing(Ledger(tmp_path)) as ledger:
        for problem_id, address, draw, text in told:
            assert ledger.find(problem_id, address, [draw])[draw].text == text


def test_processes_that_start_at_once_on_a_new_folder_agree(tmp_path):
    """Making the head file and switching to WAL mode are races between processes."""
    folder = tmp_path / "new"
    children = [start_writer(folder, first=0, last=10) for _ in range(3)]
    told = [child.communicate()[0].splitlines() for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert sorted(told[0]) == sorted(told[1]) == sorted(told[2])


def test_several_processes_write_at_once_and_nothing_is_lost(tmp_path):
    """Every process is told the row that stands, and one of them is killed in the middle."""
    children = [start_writer(tmp_path, first=0, last=300) for _ in range(3)]
    victim = start_writer(tmp_path, first=0)
    assert victim.stdout is not None
    told = [json.loads(victim.stdout.readline()) for _ in range(30)]
    victim.kill()
    victim.communicate()
    for child in children:
        lines = child.communicate()[0].splitlines()
        assert (child.returncode, len(lines)) == (0, 300)
        told += map(json.loads, lines)
    with closing(Ledger(tmp_path)) as ledger:
        standing = {(address, c.draw): c.text for address, _, c in ledger.entries()}
    assert [standing[address, draw] for _, address, draw, _ in told] == [row[3] for row in told]
    assert verify(Folder.open(tmp_path)) == []


def start_writer(folder: Path, *, first: int, last: int = 1 << 30) -> subprocess.Popen[str]:
    """Start a process that writes draws and prints each one it was told is kept."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), str(first), str(last)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


CHILD = """
import asyncio, json, os, sys
from pathlib import Path
from stepmark.engines.protocol import Completion
from stepmark.ids import content_id
from stepmark.ledger import Entry, Ledger

async def write(ledger, number):
    asked = {"n": number % 16}
    problem, address = content_id("pb", number % 16), content_id("rq", asked)
    text = f"{number} of process {os.getpid()} " + "x" * 500
    completion = Completion(draw=number, text=text, finish_reason="stop", prompt_tokens=1,
                            completion_tokens=1)
    (kept,) = await ledger.keep(Entry(problem, address, asked, (completion,)))
    print(json.dumps([problem, address, kept.draw, kept.text]), flush=True)

async def main(folder, first, last):
    ledger = Ledger(folder)
    for start in range(first, last, 5):
        await asyncio.gather(*(write(ledger, start + i) for i in range(5)))
    ledger.close()

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
"""


def test_threads_that_open_a_new_file_at_once_all_get_in(tmp_path):
    barrier = threading.Barrier(8)

    def look(_: int) -> dict[int, Completion]:
        with closing(Ledger(tmp_path)) as ledger:
            barrier.wait()
            return ledger.find(PROBLEM, ADDRESS, [0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(look, range(8))) == [{}] * 8
