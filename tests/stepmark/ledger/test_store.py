"""The ledger: what it says is kept stays kept, and the first write of a draw wins."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from array import array
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepmark.engines.protocol import Completion
from stepmark.errors import StorageError
from stepmark.ids import content_id
from stepmark.ledger import Entry, Ledger
from stepmark.ledger.check import verify
from stepmark.ledger.folder import Folder, switch_to_wal
from stepmark.ledger.rows import completion_of, row_of
from tests.fakes.factories import a_completion, run

ROOT = Path(__file__).resolve().parents[3]
PROBLEM = content_id("pb", "p")
ADDRESS = content_id("rq", "q")


def an_entry(*completions: Completion, problem_id: str = PROBLEM, address: str = ADDRESS) -> Entry:
    return Entry(problem_id, address, {"prompt": "q"}, completions)


def keep(ledger: Ledger, *entries: Entry) -> list[tuple[Completion, ...]]:
    async def all_at_once() -> list[tuple[Completion, ...]]:
        return list(await asyncio.gather(*map(ledger.keep, entries)))

    return run(all_at_once())


def test_what_is_kept_is_found_again(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        (kept,) = keep(ledger, an_entry(a_completion(0, "a"), a_completion(3, "b")))
        assert [c.text for c in kept] == ["a", "b"]
        assert ledger.find(PROBLEM, ADDRESS, [0, 1, 2, 3]) == {0: kept[0], 3: kept[1]}


def test_draws_between_those_asked_are_not_handed_out(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        keep(ledger, an_entry(*(a_completion(draw) for draw in range(5))))
        assert sorted(ledger.find(PROBLEM, ADDRESS, [4, 0])) == [0, 4]
        assert ledger.find(PROBLEM, ADDRESS, []) == {}


def test_an_address_nobody_bought_is_empty(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        assert ledger.find(PROBLEM, ADDRESS, [0]) == {}
        assert ledger.asked(PROBLEM, ADDRESS) is None


def test_the_first_write_of_a_draw_wins_and_the_loser_is_handed_it(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        keep(ledger, an_entry(a_completion(0, "first")))
        (kept,) = keep(ledger, an_entry(a_completion(0, "second"), a_completion(1, "new")))
        assert [c.text for c in kept] == ["first", "new"]
        assert ledger.find(PROBLEM, ADDRESS, [0])[0].text == "first"


def test_the_first_of_two_writes_in_one_batch_wins_for_both(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        one, two = keep(ledger, *(an_entry(a_completion(0, text)) for text in ("x", "y")))
        assert one == two


def test_another_ledger_on_the_folder_sees_the_rows_at_once(tmp_path):
    with closing(Ledger(tmp_path)) as ledger, closing(Ledger(tmp_path)) as other:
        assert other.find(PROBLEM, ADDRESS, [0]) == {}
        keep(ledger, an_entry(a_completion(0)))
        assert other.find(PROBLEM, ADDRESS, [0]) == ledger.find(PROBLEM, ADDRESS, [0])
        assert other.asked(PROBLEM, ADDRESS) == '{"prompt":"q"}'


def test_the_first_write_wins_across_ledgers(tmp_path):
    with closing(Ledger(tmp_path)) as ledger, closing(Ledger(tmp_path)) as other:
        keep(ledger, an_entry(a_completion(0, "first")))
        ((standing,),) = keep(other, an_entry(a_completion(0, "second")))
        assert standing.text == "first"


def test_closing_writes_what_is_queued_and_a_new_ledger_reads_it(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        keep(ledger, *(an_entry(a_completion(draw)) for draw in range(50)))
    with closing(Ledger(tmp_path)) as ledger:
        assert len(ledger.find(PROBLEM, ADDRESS, range(50))) == 50


def test_what_was_handed_over_is_kept_even_if_the_caller_is_cancelled(tmp_path):
    async def hand_over_and_leave(ledger: Ledger) -> None:
        task = asyncio.create_task(ledger.keep(an_entry(a_completion(0))))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    with closing(Ledger(tmp_path)) as ledger:
        run(hand_over_and_leave(ledger))
    with closing(Ledger(tmp_path)) as ledger:
        assert sorted(ledger.find(PROBLEM, ADDRESS, [0])) == [0]


def test_a_closed_ledger_refuses_instead_of_hanging(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.close()
    ledger.close()
    with pytest.raises(StorageError, match="closed"):
        keep(ledger, an_entry(a_completion(0)))
    with pytest.raises(StorageError, match="closed"):
        ledger.find(PROBLEM, ADDRESS, [0])


def test_event_loops_in_several_threads_share_a_ledger(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:

        def buy(thread: int) -> list[str]:
            entries = (an_entry(a_completion(draw, f"{thread}")) for draw in range(20))
            return [row.text for (row,) in keep(ledger, *entries)]

        with ThreadPoolExecutor(4) as pool:
            told = list(pool.map(buy, range(4)))
        standing = [c.text for _, c in sorted(ledger.find(PROBLEM, ADDRESS, range(20)).items())]
        assert told == [standing] * 4


def test_a_loop_that_closed_while_its_order_was_written_does_not_stop_the_writer(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        loop = asyncio.new_event_loop()
        pending = ledger.keep(an_entry(a_completion(0)))
        lock = sqlite3.connect(tmp_path / f"part-{ledger._folder.partition(PROBLEM):02d}.sqlite")
        with closing(lock):
            ledger.find(PROBLEM, ADDRESS, [0])  # makes the file
            lock.execute("BEGIN IMMEDIATE")  # the writer waits for us
            task = loop.create_task(pending)
            loop.run_until_complete(_one_turn())
            task.cancel()
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
            loop.close()
            lock.rollback()
        keep(ledger, an_entry(a_completion(1)))
        assert sorted(ledger.find(PROBLEM, ADDRESS, [0, 1])) == [0, 1]


async def _one_turn() -> None:
    await asyncio.sleep(0)


def test_an_entry_that_cannot_be_written_is_told_and_the_writer_lives_on(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        with pytest.raises(StorageError, match="cannot be written"):
            keep(ledger, an_entry(a_completion(0, completion_tokens=1 << 70)))
        keep(ledger, an_entry(a_completion(1)))
        assert sorted(ledger.find(PROBLEM, ADDRESS, [0, 1])) == [1]


def test_an_entry_that_cannot_be_written_takes_no_other_of_its_group_with_it(tmp_path):
    async def all_at_once(ledger: Ledger) -> list[object]:
        draws = [a_completion(draw) for draw in range(20)]
        draws[10] = a_completion(10, completion_tokens=1 << 70)
        work = (ledger.keep(an_entry(draw)) for draw in draws)
        return [*await asyncio.gather(*work, return_exceptions=True)]

    with closing(Ledger(tmp_path)) as ledger:
        told = run(all_at_once(ledger))
        assert [i for i, rows in enumerate(told) if isinstance(rows, StorageError)] == [10]
        assert sorted(ledger.find(PROBLEM, ADDRESS, range(20))) == [*range(10), *range(11, 20)]


def test_who_a_policy_is_outlives_the_ledger(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        ledger.remember("po_1", {"model": "m", "template": None})
        ledger.remember("po_1", {"model": "m", "template": None})
    with closing(Ledger(tmp_path)) as ledger:
        assert ledger.policies == {"po_1": {"model": "m", "template": None}}


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"There can be no ledger in .*file"):
        Ledger(tmp_path / "file" / "ledger")


def test_a_damaged_file_is_named(tmp_path):
    Ledger(tmp_path).close()
    for partition in range(8):
        (tmp_path / f"part-{partition:02d}.sqlite").write_bytes(b"no database" * 100)
    with (
        closing(Ledger(tmp_path)) as ledger,
        pytest.raises(StorageError, match=r"part-0\d\.sqlite cannot be opened"),
    ):
        ledger.find(PROBLEM, ADDRESS, [0])


@pytest.mark.parametrize("head", ["", "[]", '{"format": 1}', '{"format": "x", "partitions": 8}'])
def test_a_broken_head_file_is_named(tmp_path, head):
    (tmp_path / "ledger.json").write_text(head)
    with pytest.raises(StorageError, match=r"ledger\.json is not a ledger's head file"):
        Ledger(tmp_path)


def test_a_head_file_half_written_is_seen_by_nobody(tmp_path, monkeypatch):
    def fills_the_disk(path: Path, text: str, **options: str) -> None:
        path.write_bytes(text.encode()[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fills_the_disk)
    with pytest.raises(StorageError, match="No space left on device"):
        Ledger(tmp_path)
    assert not (tmp_path / "ledger.json").exists()


class Busy:
    """A connection on which another process is switching modes."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals

    def execute(self, statement: str) -> None:
        if self.refusals:
            self.refusals -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error


def test_a_switch_of_modes_that_meets_another_is_tried_again():
    connection = Busy(refusals=2)
    switch_to_wal(connection)  # type: ignore[arg-type]
    assert connection.refusals == 0


def test_a_ledger_of_another_format_is_refused(tmp_path):
    (tmp_path / "ledger.json").write_text('{"format": 2, "partitions": 8}')
    with pytest.raises(StorageError, match="has format 2; this version reads format 1"):
        Ledger(tmp_path)


def test_the_number_of_partitions_is_the_folders(tmp_path):
    (tmp_path / "ledger.json").write_text('{"format": 1, "partitions": 1}')
    with closing(Ledger(tmp_path)) as ledger:
        keep(ledger, *(an_entry(a_completion(), problem_id=content_id("pb", i)) for i in range(9)))
    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["part-00.sqlite"]


def test_every_completion_is_listed_with_what_was_asked(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        addresses = [content_id("rq", i) for i in range(20)]
        keep(
            ledger,
            *(
                an_entry(a_completion(0), a_completion(1), problem_id=address, address=address)
                for address in addresses
            ),
        )
        listed = list(ledger.entries())
    assert sorted(address for address, _, _ in listed) == sorted(addresses * 2)
    assert {asked for _, asked, _ in listed} == {'{"prompt":"q"}'}


texts = st.text() | st.sampled_from(["", "\0", "a\0b", "😀", "e\u0301", "\u2028", "\r\n"])
floats32 = st.floats(width=32, allow_nan=False)
completions = st.builds(
    Completion,
    draw=st.integers(0, 1 << 40),
    text=texts,
    finish_reason=st.sampled_from(["stop", "length", "failed"]),
    prompt_tokens=st.integers(0, 1 << 40),
    completion_tokens=st.integers(0, 1 << 40),
    reasoning=texts,
    logprobs=st.none() | st.lists(floats32, max_size=5).map(tuple),
    reason=st.none() | texts,
    token_starts=st.none() | st.lists(st.integers(-99, 1 << 30), max_size=5).map(tuple),
)


@given(completions)
def test_a_row_is_its_completion(completion):
    with closing(sqlite3.connect(":memory:")) as connection:
        marks = ", ".join("?" * 9)
        row = connection.execute(f"SELECT {marks}", row_of(completion)).fetchone()
    assert completion_of(row) == completion


@given(st.lists(st.floats(-1e4, 0), max_size=5))
@settings(max_examples=25)
def test_log_probabilities_are_kept_as_float32(logprobs):
    row = row_of(a_completion(logprobs=tuple(logprobs)))
    assert completion_of(row).logprobs == tuple(array("f", logprobs))


def test_no_log_probabilities_and_none_asked_for_stay_apart(tmp_path):
    with closing(Ledger(tmp_path)) as ledger:
        empty, none = a_completion(0, logprobs=()), a_completion(1, logprobs=None)
        assert keep(ledger, an_entry(empty, none)) == [(empty, none)]


def test_half_characters_are_replaced_when_written_for_every_reader_alike(tmp_path):
    """Neither SQLite nor Parquet can store a lone surrogate."""
    with closing(Ledger(tmp_path)) as ledger:
        asked = replace_asked(an_entry(a_completion(0, "half \ud83d.")), {"prompt": "\ud83d"})
        ((kept,),) = keep(ledger, asked)
        assert kept.text == "half ?."
        assert ledger.find(PROBLEM, ADDRESS, [0]) == {0: kept}


def replace_asked(entry: Entry, asked: dict[str, str]) -> Entry:
    return entry._replace(asked=asked)


def test_a_failed_draw_keeps_its_reason(tmp_path):
    failed = replace(a_completion(0, ""), finish_reason="failed", reason="context_overflow")
    with closing(Ledger(tmp_path)) as ledger:
        assert keep(ledger, an_entry(failed)) == [(failed,)]


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
