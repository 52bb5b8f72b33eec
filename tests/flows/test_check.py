"""The checks before a build."""

from __future__ import annotations

from pathlib import Path

from flows.check import check
from flows.recipe import load_recipe
from flows.runtime import Runtime
from tests.flows.arrange import arrange


def test_builds_that_start_at_once_share_a_ledger_that_can_be_written(tmp_path, monkeypatch):
    """The other one removes the file with which both try whether the folder can be written."""
    recipe, base = load_recipe(str(arrange(tmp_path)))
    write_text = Path.write_text

    def write_and_lose(path: Path, text: str) -> None:
        write_text(path, text)
        path.unlink()

    monkeypatch.setattr(Path, "write_text", write_and_lose)
    said = check(recipe, Runtime(out=tmp_path / "out", base=base))
    assert said[-1].endswith("ledger can be written")
