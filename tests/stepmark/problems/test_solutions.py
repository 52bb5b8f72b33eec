"""Solutions that exist: text, or steps with their boundaries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stepmark.errors import ProblemError
from stepmark.problems import GivenSolution, SolutionSource, read_solutions
from stepmark.records import Reject
from tests.stepmark.problems.reading import SAMPLES, good, reasons


def read_rows(folder: Path, *rows: dict[str, object]) -> list[GivenSolution | Reject]:
    (folder / "a.jsonl").write_text("\n".join(json.dumps({"q": "q", **row}) for row in rows))
    return list(read_solutions(SolutionSource(path="a.jsonl", statement="q", steps="s"), folder))


def test_steps_of_a_real_file_are_kept() -> None:
    source = SolutionSource(path="processbench.json", statement="problem", steps="steps", id="id")
    given = good(read_solutions(source, SAMPLES))
    raw = json.loads((SAMPLES / "processbench.json").read_text("utf-8"))
    assert [solution.text for solution in given] == ["\n\n".join(row["steps"]) for row in raw]
    assert given[0].steps is not None
    assert [step.rstrip() for step in given[0].steps] == raw[0]["steps"]
    assert given[0].problem.source_id == "gsm8k-0"


def test_blank_line_that_joins_steps_ends_the_step_before(tmp_path: Path) -> None:
    (given,) = good(read_rows(tmp_path, {"s": ["a", "b", "c"]}))
    assert given.steps == ("a\n\n", "b\n\n", "c")
    assert given.text == "a\n\nb\n\nc"


def test_step_that_ends_with_a_break_is_kept(tmp_path: Path) -> None:
    (given,) = good(read_rows(tmp_path, {"s": ["a\n", "b"]}))
    assert given.text == "a\nb"


def test_solutions_of_one_problem_and_equal_texts_are_all_kept(tmp_path: Path) -> None:
    given = good(read_rows(tmp_path, {"s": ["a"]}, {"s": ["a"]}, {"s": ["b"]}))
    assert [solution.text for solution in given] == ["a", "a", "b"]
    assert len({solution.problem.id for solution in given}) == 1


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([], "empty_solution"),
        (None, "empty_solution"),
        (["a", " "], "empty_step"),
        (["a", 1], "wrong_type"),
        ("a", "wrong_type"),
    ],
)
def test_bad_steps_are_rejected(tmp_path: Path, steps: object, reason: str) -> None:
    assert reasons(read_rows(tmp_path, {"s": ["a"]}, {"s": steps})) == [(2, reason)]


def test_text_is_given_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"q": "q", "t": " a\\n\\nb "}\n{"q": "q", "t": " "}\n7')
    source = SolutionSource(path="a.jsonl", statement="q", text="t")
    rows = list(read_solutions(source, tmp_path))
    assert [(given.text, given.steps) for given in good(rows)] == [(" a\n\nb ", None)]
    assert reasons(rows) == [(2, "empty_solution"), (3, "not_an_object")]


def test_a_source_of_other_columns_is_met_with_the_key_that_names_them(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"the first, line 1: .*e\.g\. --set solutions\.stat"):
        read_rows(tmp_path, {"completion": "c"})
