"""The ledger's commands: what they print, and how they exit."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flows.cli import main
from tests.stepmark.ledger.world import a_ledger, contents


@pytest.fixture
def ledger(monkeypatch):
    """Run a command; return its exit code."""

    def run(*arguments: str) -> object:
        monkeypatch.setattr("sys.argv", ["stepmark", "ledger", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code

    return run


def test_stats_name_the_policies_that_are_known(tmp_path, ledger, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")  # of no terminal: what is piped is whole
    a_ledger(tmp_path)
    assert ledger("stats", str(tmp_path)) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert next(x for x in lines if "po_0" in x)[:6] == ["po_0", "even", "10", "30", "0", "0"]
    assert next(x for x in lines if "po_1" in x)[:5] == ["po_1", "10", "30", "0", "0"]


def test_verify_exits_by_what_it_finds(tmp_path, ledger, capsys):
    folder = a_ledger(tmp_path)
    assert ledger("verify", str(tmp_path)) == 0
    with closing(sqlite3.connect(folder.file(folder.there[0]))) as connection, connection:
        connection.execute("DELETE FROM prompts")
    assert ledger("verify", str(tmp_path)) == 1
    assert "has no prompt" in capsys.readouterr().out


def test_export_and_import_are_each_others_inverse(tmp_path, ledger, capsys):
    a_ledger(tmp_path / "one")
    assert ledger("export", str(tmp_path / "export"), str(tmp_path / "one")) == 0
    assert ledger("import", str(tmp_path / "export"), str(tmp_path / "two")) == 0
    assert "60 of 60 completions were new" in capsys.readouterr().out
    assert contents(tmp_path / "two") == contents(tmp_path / "one")


def test_compact_says_what_it_saved(tmp_path, ledger, capsys):
    a_ledger(tmp_path)
    assert ledger("compact", str(tmp_path)) == 0
    assert "bytes before" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["stats", "verify", "compact"])
def test_a_folder_without_a_ledger_is_an_error(tmp_path, ledger, capsys, command):
    assert ledger(command, str(Path(tmp_path) / "nowhere")) == 1
    assert "There is no ledger in" in capsys.readouterr().err
