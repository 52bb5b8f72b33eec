"""Exports: whole, checked, and back to the same rows."""

from __future__ import annotations

import json

import fsspec
import pyarrow.parquet as pq
import pytest

from stepmark.errors import StorageError
from stepmark.ledger.check import verify
from stepmark.ledger.export import ROWS_AT_ONCE, export, restore
from stepmark.ledger.folder import Folder
from tests.fakes.factories import a_completion
from tests.stepmark.ledger.world import a_ledger, an_entry, contents


@pytest.fixture
def memory():
    """An address in memory, empty again afterwards."""
    system = fsspec.filesystem("memory")
    yield "memory://bucket/ledger"
    system.store.clear()


def test_an_export_comes_back_to_the_same_rows(tmp_path, memory):
    rich = an_entry(
        50,
        a_completion(0, "½\0\n", logprobs=(-0.5, -1.25), reasoning="hm"),
        a_completion(1, logprobs=()),
        a_completion(2, "", finish_reason="failed", reason="refusal"),
    )
    folder = a_ledger(tmp_path / "one", rich)
    moved = export(folder, memory)
    assert (moved.files, moved.completions) == (len(folder.there), 63)
    other = Folder.make(tmp_path / "two")
    assert restore(other, memory) == (moved.files, 63, 63)
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
    assert other.policies == folder.policies == {"po_0": {"model": "even"}}
    assert verify(other) == []


def test_a_ledger_of_other_partitions_takes_an_export(tmp_path, memory):
    export(a_ledger(tmp_path / "one"), memory)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "ledger.json").write_text('{"format": 1, "partitions": 3}')
    restore(Folder.open(tmp_path / "two"), memory)
    assert sorted(contents(tmp_path / "two"), key=str) == sorted(
        contents(tmp_path / "one"), key=str
    )
    assert verify(Folder.open(tmp_path / "two")) == []


def test_what_is_there_already_stands(tmp_path, memory):
    export(a_ledger(tmp_path / "one"), memory)
    other = a_ledger(tmp_path / "two", an_entry(0, a_completion(7, "only here")))
    before = contents(tmp_path / "two")
    assert restore(other, memory).new == 0
    assert contents(tmp_path / "two") == before


def test_more_rows_than_are_read_at_once(tmp_path, memory, monkeypatch):
    monkeypatch.setattr("stepmark.ledger.export.ROWS_AT_ONCE", 2)
    assert ROWS_AT_ONCE > 2
    export(a_ledger(tmp_path / "one"), memory)
    restore(Folder.make(tmp_path / "two"), memory)
    assert contents(tmp_path / "two") == contents(tmp_path / "one")


def test_an_object_that_changed_is_refused(tmp_path, memory):
    export(a_ledger(tmp_path / "one"), memory)
    system = fsspec.filesystem("memory")
    name = next(path for path in system.ls("bucket/ledger", detail=False) if "part-" in path)
    system.pipe_file(name, system.cat_file(name) + b"\0")
    with pytest.raises(StorageError, match="checksum differs"):
        restore(Folder.make(tmp_path / "two"), memory)


def test_an_export_that_broke_off_is_not_taken_for_a_whole_one(tmp_path, memory, monkeypatch):
    """Not even where a whole one was before: its head goes first."""
    folder = a_ledger(tmp_path / "one")
    export(folder, memory)

    def fills_the_store(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fsspec.filesystem("memory"), "mv", fills_the_store)
    with pytest.raises(StorageError, match="No space left on device"):
        export(folder, memory)
    with pytest.raises(StorageError, match="holds no whole export"):
        restore(Folder.make(tmp_path / "two"), memory)


def test_a_folder_is_an_address_and_plain_parquet_readers_read_it(tmp_path):
    export(a_ledger(tmp_path / "one"), str(tmp_path / "export"))
    head = json.loads((tmp_path / "export" / "ledger.json").read_text())
    tables = [pq.read_table(tmp_path / "export" / name) for name in head["files"]]
    assert sum(table.num_rows for table in tables) == 60
    assert sorted(path.name for path in (tmp_path / "export").iterdir()) == sorted(
        [*head["files"], "ledger.json"]
    )


@pytest.mark.parametrize("address", ["nosuch://bucket/x", "memory://nothing"])
def test_an_address_that_cannot_be_used_is_said(tmp_path, address):
    with pytest.raises(StorageError, match=address):
        restore(Folder.make(tmp_path), address)
