"""The ledger's folder: made by one, read by all, and named when it is broken."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from stepmark.errors import StorageError
from stepmark.ids import content_id
from stepmark.ledger import Ledger
from stepmark.ledger.folder import switch_to_wal
from tests.fakes.factories import a_completion
from tests.stepmark.ledger.entries import ADDRESS, PROBLEM, an_entry, keep


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
