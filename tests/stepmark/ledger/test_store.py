"""The ledger: what it says is kept stays kept, and the first write of a draw wins."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from stepmark.errors import StorageError
from stepmark.ids import content_id
from stepmark.ledger import Ledger
from tests.fakes.factories import a_completion, run
from tests.stepmark.ledger.entries import ADDRESS, PROBLEM, an_entry, keep


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
