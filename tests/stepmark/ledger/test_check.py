"""What is counted, which damage is found, and that nothing changes when files get smaller."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from stepmark.errors import StorageError
from stepmark.ledger.check import SHOWN, compact, holdings, size_on_disk, verify
from stepmark.ledger.folder import Folder
from tests.fakes.factories import a_completion
from tests.stepmark.ledger.world import a_ledger, an_entry, contents


def test_holdings_add_up_to_what_was_kept(tmp_path):
    failed = a_completion(3, "", finish_reason="failed", reason="refusal", completion_tokens=0)
    folder = a_ledger(tmp_path, an_entry(0, failed))
    held = holdings(folder)
    assert sum(h.completions for h in held) == 61
    assert sum(h.prompts for h in held) == 20
    assert sum(h.failed for h in held) == 1
    assert sum(h.completion_tokens for h in held) == 60 * 2  # words
    assert sum(h.text_bytes for h in held) == sum(len(c.text) for _, _, c in contents(tmp_path))
    assert {h.policy for h in held} == {"po_0", "po_1"}
    assert {h.partition for h in held} == {folder.file(number).name for number in folder.there}


def test_a_sound_ledger_has_no_fault(tmp_path):
    half = an_entry(99, a_completion(0, "half \ud83d", logprobs=(-1.0, -2.0)))
    assert verify(a_ledger(tmp_path, half)) == []


def test_an_empty_ledger_is_sound_and_stays_empty(tmp_path):
    folder = Folder.make(tmp_path)
    assert (verify(folder), holdings(folder)) == ([], [])
    assert not list(tmp_path.glob("*.sqlite"))


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("DELETE FROM prompts", "has no prompt"),
        ("UPDATE prompts SET asked = replace(asked, 'naïve', 'wise')", "is not the hash of"),
        ("UPDATE prompts SET asked = '{'", "is not the hash of"),
        ("UPDATE draws SET finish = 'tired'", "holds what no completion has"),
        ("UPDATE draws SET draw = -1 WHERE draw = 0", "holds what no completion has"),
        ("UPDATE draws SET completion_tokens = 'x'", "holds what no completion has"),
        ("UPDATE draws SET logprobs = x'00'", "holds what no completion has"),
    ],
)
def test_rows_that_cannot_be_are_found(tmp_path, damage, fault):
    folder = a_ledger(tmp_path)
    change(folder, folder.there[0], damage)
    found = verify(folder)
    assert found
    assert all(fault in line or "more like the last" in line for line in found)
    assert {line.split(":")[0] for line in found} == {folder.file(folder.there[0]).name}


def test_a_prompt_in_another_problems_partition_is_found(tmp_path):
    folder = a_ledger(tmp_path)
    problem = an_entry(0).problem_id
    number = next(n for n in folder.there if n != folder.partition(problem))
    change(folder, number, f"UPDATE prompts SET problem = '{problem}'")
    assert f"whose partition is {folder.partition(problem)}" in verify(folder)[0]


def test_a_long_list_of_faults_is_cut_and_counted(tmp_path):
    (tmp_path / "ledger.json").write_text('{"format": 1, "partitions": 1}')
    folder = a_ledger(tmp_path)
    change(folder, 0, "DELETE FROM prompts")
    assert len(verify(folder)) == SHOWN + 1
    assert verify(folder)[-1] == "part-00.sqlite: and 55 more like the last"


def test_a_file_that_is_no_database_is_named_and_the_others_are_looked_at(tmp_path):
    folder = a_ledger(tmp_path)
    first, second, *_ = folder.there
    folder.file(first).write_bytes(b"no database" * 500)
    change(folder, second, "DELETE FROM prompts")
    found = verify(folder)
    assert found[0].startswith(f"{folder.file(first).name}: unreadable: ")
    assert any(line.startswith(folder.file(second).name) for line in found[1:])
    with pytest.raises(StorageError, match=r"\.sqlite cannot be opened"):
        holdings(folder)


def test_a_page_that_was_overwritten_is_found(tmp_path):
    (tmp_path / "ledger.json").write_text('{"format": 1, "partitions": 1}')
    folder = a_ledger(tmp_path, *(an_entry(0, a_completion(n, "x" * 500)) for n in range(9, 60)))
    path = folder.file(0)
    data = bytearray(path.read_bytes())
    data[-4096:] = b"\xff" * 4096
    path.write_bytes(data)
    assert verify(folder)


def test_compacting_changes_nothing_but_the_size(tmp_path):
    folder = a_ledger(tmp_path)
    for number in folder.there:
        change(folder, number, "CREATE TABLE waste AS SELECT zeroblob(100000) AS x")
        change(folder, number, "DROP TABLE waste")
    before = contents(tmp_path)
    was, now = compact(folder)
    assert now < was
    assert now == size_on_disk(folder)
    assert contents(tmp_path) == before
    assert verify(folder) == []


def test_a_folder_without_a_ledger_is_said_and_nothing_is_made(tmp_path):
    with pytest.raises(StorageError, match="There is no ledger in"):
        Folder.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_the_folder_that_holds_the_ledger_is_named_where_builds_share_one(tmp_path):
    a_ledger(tmp_path / "ledger")
    with pytest.raises(StorageError, match=r"holds a ledger\.json, as .*ledger does"):
        Folder.open(tmp_path)


def change(folder: Folder, number: int, statement: str) -> None:
    path: Path = folder.file(number)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
