"""The checks before a build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.check import check
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from tests.flows.arrange import arrange


def solving(folder: Path, **changes: Any) -> str:
    """What a check says of how solutions are sampled."""
    recipe, base = load_recipe(str(arrange(folder, **changes)))
    said = check(recipe, Runtime(out=folder / "out", base=base))
    return next(line for line in said if line.startswith("solve: "))


def test_a_check_says_what_is_drawn_and_what_stays(tmp_path):
    assert solving(tmp_path) == "solve: 2 draws a problem of solver"
    quota = {"correct": 1, "incorrect": 3, "max_draws": 16}
    assert solving(tmp_path, solve__quota=quota, solve__solve_rate=[0.25, 1]) == (
        "solve: 2 draws a problem of solver, on to at most 16 until 1 right and 3 wrong solutions "
        "are there to be kept; problems solved in 0.25 to 1 of the first 2 draws"
    )


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
