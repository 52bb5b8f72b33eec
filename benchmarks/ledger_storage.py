"""What a ledger may be kept in: SQLite as we use it, LMDB, and lines appended to a file.

    pip install -c constraints.txt -e '.[bench]'
    python -m benchmarks.ledger_storage                      30,000 completions each
    python -m benchmarks.ledger_storage --completions 3000

Every store is given the same completions, one a call, by 256 coroutines of one event loop, and
answers a call when what it was given is on disk (flushed with fsync or the store's own equal); all
commit in groups, what has queued up since the last commit in one. SQLite is `Ledger.keep` itself,
first-write-wins and the row read back included. Reads are of single draws, in random order, by one
thread, after reopening. Then a process that writes is killed with SIGKILL while it does, a few
times, and what it was told is kept is looked for: `lost` counts what is missing, `torn` the kills
after which the store had to be mended (a last line without its end). Processor times hold on a busy
machine too, the others only beside each other. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from stepmark.engines.protocol import Completion
from stepmark.ids import Json, content_id
from stepmark.ledger import Entry, Ledger

COROUTINES = 256
DRAWS = 8
"""Draws of a prompt."""
KILLS = 5
TOLD_BEFORE_KILL = 400
TEXT = (
    "Step {}: each of the {} boxes holds {} apples, so there are {} of them altogether, and we "
    "still have to take away the ones that were eaten.\n"
)
Key: TypeAlias = "tuple[str, int]"


class Store(Protocol):
    """What is compared."""

    async def keep(self, entry: Entry) -> None:
        """Store; return when it is on disk."""

    def find(self, problem_id: str, address: str, draw: int) -> str | None:
        """Return the text of a draw."""

    def close(self) -> None:
        """Write what is queued, and close."""


class Sqlite:
    """The ledger itself."""

    def __init__(self, folder: Path) -> None:
        self._ledger = Ledger(folder)

    async def keep(self, entry: Entry) -> None:
        """Store through the ledger."""
        await self._ledger.keep(entry)

    def find(self, problem_id: str, address: str, draw: int) -> str | None:
        """Look up through the ledger."""
        found = self._ledger.find(problem_id, address, (draw,))
        return found[draw].text if draw in found else None

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()


class Grouped:
    """One thread that commits whatever has queued up, as the ledger's writer does."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    async def keep(self, entry: Entry) -> None:
        """Queue and wait."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._orders.put((entry, loop, done))
        await done

    def close(self) -> None:
        """End the thread."""
        self._orders.put(None)
        self._thread.join()

    def commit(self, entries: Sequence[Entry]) -> None:
        """Put entries on disk."""
        raise NotImplementedError

    def _run(self) -> None:
        while True:
            batch = [self._orders.get()]
            while not self._orders.empty():
                batch.append(self._orders.get_nowait())
            orders = [order for order in batch if order is not None]
            self.commit([entry for entry, _, _ in orders])
            for _, loop, done in orders:
                loop.call_soon_threadsafe(done.set_result, None)
            if len(orders) < len(batch):
                return


class Lmdb(Grouped):
    """A memory-mapped B-tree: prompts and draws by their bytes."""

    def __init__(self, folder: Path) -> None:
        import lmdb

        folder.mkdir(parents=True, exist_ok=True)
        self._store = lmdb.open(str(folder), map_size=1 << 34)
        super().__init__()

    def commit(self, entries: Sequence[Entry]) -> None:
        """Write one transaction; the first write of a key stands."""
        with self._store.begin(write=True) as transaction:
            for entry in entries:
                address = bytes.fromhex(entry.address[3:])
                asked = json.dumps([entry.problem_id, entry.asked]).encode()
                transaction.put(address, asked, overwrite=False)
                for completion in entry.completions:
                    key = address + completion.draw.to_bytes(4)
                    transaction.put(key, _packed(completion), overwrite=False)

    def find(self, problem_id: str, address: str, draw: int) -> str | None:  # noqa: ARG002
        """Look a key up."""
        with self._store.begin() as transaction:
            found = transaction.get(bytes.fromhex(address[3:]) + draw.to_bytes(4))
        return None if found is None else json.loads(found)[0]

    def close(self) -> None:
        """Close the map."""
        super().close()
        self._store.close()


class Lines(Grouped):
    """JSON lines appended to a file, and an index of it in memory, read when it is opened."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "ledger.jsonl"
        self._file = self._path.open("ab+")
        self._index: dict[Key, tuple[int, int]] = {}
        self.torn = False
        self._read_index()
        super().__init__()

    def commit(self, entries: Sequence[Entry]) -> None:
        """Append lines and flush once."""
        at = self._file.seek(0, os.SEEK_END)
        for entry in entries:
            for completion in entry.completions:
                key = (entry.address, completion.draw)
                if key in self._index:
                    continue
                line = _line(entry, completion)
                self._file.write(line)
                self._index[key] = (at, len(line))
                at += len(line)
        self._file.flush()
        os.fsync(self._file.fileno())

    def find(self, problem_id: str, address: str, draw: int) -> str | None:  # noqa: ARG002
        """Read a line again."""
        place = self._index.get((address, draw))
        if place is None:
            return None
        return str(json.loads(os.pread(self._file.fileno(), place[1], place[0]))[3][0])

    def close(self) -> None:
        """Close the file."""
        super().close()
        self._file.close()

    def _read_index(self) -> None:
        at = 0
        self._file.seek(0)
        for line in self._file:
            if not line.endswith(b"\n"):
                self.torn = True
                self._file.truncate(at)
                return
            address, draw, *_ = json.loads(line)
            self._index[address, draw] = (at, len(line))
            at += len(line)


STORES: dict[str, Any] = {"sqlite": Sqlite, "lmdb": Lmdb, "lines": Lines}


class Stopwatch:
    """Wall and processor time, all threads, from its making to `stop`."""

    def __init__(self) -> None:
        self._wall_s, self._cpu_s = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        """Read the clocks."""
        self.wall_s = time.perf_counter() - self._wall_s
        self.cpu_s = time.process_time() - self._cpu_s


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--completions", type=int, default=30_000)
    parser.add_argument("--write", nargs=2, metavar=("STORE", "DIR"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        asyncio.run(_write_on(options.write[0], Path(options.write[1])))
        return
    with tempfile.TemporaryDirectory() as scratch:
        figures = {
            name: measure(name, Path(scratch) / name, options.completions) for name in STORES
        }
    for name, row in figures.items():
        print(f"{name:8}", *(f"{figure} {value:,.0f}" for figure, value in row.items()), sep="  ")
    print(json.dumps(figures))


def measure(name: str, folder: Path, completions: int) -> dict[str, float]:
    """Return one store's figures."""
    orders = [order(number) for number in range(completions)]
    store = STORES[name](folder / "speed")
    writing = Stopwatch()
    asyncio.run(_keep_all(store, orders))
    writing.stop()
    store.close()
    size = sum(path.stat().st_size for path in (folder / "speed").iterdir())
    opening = Stopwatch()
    store = STORES[name](folder / "speed")
    opening.stop()
    wanted = random.Random(0).sample(orders, min(completions, 10_000))
    reading = Stopwatch()
    for entry in wanted:
        (completion,) = entry.completions
        assert store.find(entry.problem_id, entry.address, completion.draw) == completion.text
    reading.stop()
    store.close()
    lost, torn = _killed(name, folder)
    return {
        "writes_per_s": round(completions / writing.wall_s),
        "cpu_us_per_write": round(writing.cpu_s / completions * 1e6),
        "reads_per_s": round(len(wanted) / reading.wall_s),
        "cpu_us_per_read": round(reading.cpu_s / len(wanted) * 1e6),
        "open_ms": round(opening.wall_s * 1000, 1),
        "bytes_per_completion": round(_allocated(folder / "speed", size) / completions),
        "kills": KILLS,
        "lost": lost,
        "torn": torn,
    }


def order(number: int) -> Entry:
    """Return one draw with a text of about 500 bytes, 8 draws a prompt."""
    prompt, draw = divmod(number, DRAWS)
    rng = random.Random(number)
    text = "".join(TEXT.format(step, *(rng.randint(2, 99) for _ in range(3))) for step in range(4))
    asked: Json = {
        "policy": "po_0",
        "prompt": TEXT.format(prompt, 1, 2, 3),
        "sampling": {"top_p": 1.0},
    }
    completion = Completion(
        draw=draw, text=text, finish_reason="stop", prompt_tokens=60, completion_tokens=120
    )
    return Entry(content_id("pb", prompt), content_id("rq", prompt), asked, (completion,))


async def _keep_all(store: Store, orders: Sequence[Entry]) -> None:
    todo = iter(orders)

    async def work() -> None:
        for entry in todo:
            await store.keep(entry)

    await asyncio.gather(*(work() for _ in range(COROUTINES)))


async def _write_on(name: str, folder: Path) -> None:
    """Write until killed, and say which draws are kept."""
    store = STORES[name](folder)
    numbers = iter(range(1 << 40))

    async def work() -> None:
        for number in numbers:
            await store.keep(order(number))
            print(number, flush=True)

    await asyncio.gather(*(work() for _ in range(COROUTINES)))


def _killed(name: str, folder: Path) -> tuple[int, int]:
    """Kill writers; return how many draws they were told are kept and are not, and torn ends."""
    lost = torn = 0
    for kill in range(KILLS):
        place = folder / f"killed-{kill}"
        command = [sys.executable, "-m", "benchmarks.ledger_storage", "--write", name, str(place)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(TOLD_BEFORE_KILL)]
        child.kill()
        told += [int(line) for line in child.communicate()[0].splitlines(True) if "\n" in line]
        store = STORES[name](place)
        with contextlib.closing(store):
            entries = map(order, told)
            lost += sum(
                store.find(e.problem_id, e.address, e.completions[0].draw) != e.completions[0].text
                for e in entries
            )
        torn += getattr(store, "torn", False)
    return lost, torn


def _allocated(folder: Path, size: int) -> int:
    """Return the bytes on disk: a memory map's file is mostly holes."""
    return min(size, sum(path.stat().st_blocks * 512 for path in folder.iterdir()))


def _packed(completion: Completion) -> bytes:
    return json.dumps(
        [
            completion.text,
            completion.finish_reason,
            completion.prompt_tokens,
            completion.completion_tokens,
            completion.reasoning,
            completion.logprobs,
            completion.reason,
        ]
    ).encode()


def _line(entry: Entry, completion: Completion) -> bytes:
    packed = json.loads(_packed(completion))
    asked = None if completion.draw else [entry.problem_id, entry.asked]
    return json.dumps([entry.address, completion.draw, asked, packed]).encode() + b"\n"


if __name__ == "__main__":
    main()
