"""What the command line says of itself, and to somebody who calls it wrongly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from flows.cli import app
from flows.entry import main
from flows.place import held, prepare
from flows.recipe_file import load_recipe
from stepmark import __version__
from tests.flows.arrange import arrange


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every command below a group, with its name on the command line."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


COMMANDS = dict(commands(typer.main.get_command(app)))


class _Interrupting:
    """A module that Ctrl-C is pressed at while it is loaded."""

    def __getattr__(self, _name: str) -> None:
        raise KeyboardInterrupt


@pytest.fixture
def called(monkeypatch, capsys):
    """Calls the command line; returns its exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[Any, str, str]:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(sys, "argv", ["stepmark", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return left.value.code, said.out, said.err

    return call


def a_begun_build(folder: Path) -> Path:
    root = folder / "out" / "tiny"
    with held(root):
        prepare(root, load_recipe(str(arrange(folder)))[0], replace=False)
    return root


def test_without_arguments_it_shows_its_help_and_no_error(called):
    code, out, err = called()
    assert (code, out) == (2, "")
    assert err.startswith("Usage: stepmark")
    assert "Try" not in err


def test_its_help_says_what_exit_codes_mean_and_each_command_in_a_whole_sentence(called):
    code, out, _ = called("--help")
    assert code == 0
    assert "Exit codes: 0 done, 1 an error" in out
    assert "..." not in out.partition("Commands:")[2]


def test_its_version_is_a_line(called):
    assert called("--version") == (0, f"stepmark {__version__}\n", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option_is_explained(name):
    unexplained = [p.name for p in COMMANDS[name].params if not getattr(p, "help", None)]
    assert unexplained == []


def test_a_wrong_call_names_the_help_of_its_command(called):
    code, _, err = called("check", "quickstart", "--limit", "0")
    assert code == 2
    assert err.rstrip().endswith("Try `stepmark check --help`.")


def test_a_recipe_that_is_almost_there_is_suggested(called):
    assert called("check", "quikstart")[2].rstrip().endswith("Did you mean 'quickstart'?")


@pytest.mark.parametrize("command", ["status", "show", "fit", "rates"])
def test_the_folder_above_a_build_is_answered_with_the_build(called, tmp_path, command):
    root = a_begun_build(tmp_path)
    code, _, err = called(command, root.parent)
    assert code == 1
    assert f"holds builds and is none itself: give {root}." in err


def test_a_folder_that_is_not_there_is_told(called, tmp_path):
    assert "there is no such folder" in called("status", tmp_path / "typo")[2]


def test_a_build_that_runs_is_not_called_interrupted(called, tmp_path):
    root = a_begun_build(tmp_path)
    assert called("status", root)[1].startswith("not finished")
    with held(root):
        assert called("status", root)[1].startswith("a build is running here")


def test_ctrl_c_while_commands_are_loaded_is_no_traceback(called, monkeypatch):
    monkeypatch.setitem(sys.modules, "flows.cli", _Interrupting())
    code, _, err = called("status", "anywhere")
    assert code == 130
    assert err.startswith("Stopped.")
