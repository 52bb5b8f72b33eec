"""CSV, Parquet and data sets."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from stepmark.errors import ProblemError
from tests.stepmark.problems.reading import CASES, good, read, read_text, reasons


def test_csv_rows_are_numbered_below_the_header(tmp_path: Path) -> None:
    content = '\ufeffquestion,answer\r\n"1 +\r\n1?",2\r\n\r\n"say ""two""",2\r\n'
    rows = good(read_text(tmp_path, "a.csv", content))
    assert [(row.line, row.statement) for row in rows] == [(1, "1 +\r\n1?"), (2, 'say "two"')]


def test_csv_may_be_packed(tmp_path: Path) -> None:
    assert len(read_text(tmp_path, "a.csv.gz", gzip.compress(b"question,answer\n1,1\n"))) == 1


def test_broken_csv_rows_are_rejected_one_by_one() -> None:
    rows = read(CASES, "ragged.csv", answer="hash")
    assert [problem.line for problem in good(rows)] == [1, 4]
    assert reasons(rows) == [(2, "broken_csv"), (3, "broken_csv"), (5, "broken_csv")]


def test_csv_bytes_that_are_no_utf8_spoil_one_row(tmp_path: Path) -> None:
    rows = read_text(tmp_path, "a.csv", b"question,answer\n\xff,1\n2,2\n")
    assert reasons(rows) == [(1, "not_utf8")]
    assert len(good(rows)) == 1


def test_csv_without_the_column_says_which_there_are() -> None:
    with pytest.raises(ProblemError, match=r"no column 'question'; it has problem, solution"):
        read(CASES, "other_columns.csv")


@pytest.mark.parametrize("content", ["", "question,answer\n"])
def test_csv_without_rows_is_an_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(ProblemError, match="holds no rows"):
        read_text(tmp_path, "a.csv", content)


def write_parquet(path: Path, **columns: Any) -> None:
    parquet.write_table(pa.table(columns), path)


def test_parquet_rows_are_numbered_across_batches(tmp_path: Path) -> None:
    numbers = list(range(600))
    write_parquet(tmp_path / "a.parquet", question=[str(i) for i in numbers], answer=numbers)
    assert [row.line for row in good(read(tmp_path, "a.parquet"))] == [i + 1 for i in numbers]


def test_parquet_numbers_are_written_without_noise(tmp_path: Path) -> None:
    answers = {"float": [0.1, 145.0], "decimal": [Decimal("1.50"), Decimal("2.00")]}
    for name, values in answers.items():
        write_parquet(tmp_path / f"{name}.parquet", question=["a", "b"], answer=values)
    references = [[row.reference for row in good(read(tmp_path, f"{n}.parquet"))] for n in answers]
    assert references == [["0.1", "145.0"], ["1.50", "2.00"]]


def test_parquet_text_that_is_no_utf8_spoils_one_row(tmp_path: Path) -> None:
    texts = pa.array([b"\xff", b"b"]).view(pa.string())
    write_parquet(tmp_path / "a.parquet", question=texts, answer=["1", "2"])
    rows = read(tmp_path, "a.parquet")
    assert reasons(rows) == [(1, "not_utf8")]
    assert len(good(rows)) == 1


def test_parquet_without_the_column_says_which_there_are(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", problem=["a"], answer=["1"])
    with pytest.raises(ProblemError, match=r"no column 'question'; it has problem, answer"):
        read(tmp_path, "a.parquet")


def test_damaged_parquet_is_an_error() -> None:
    with pytest.raises(ProblemError, match=r"^not_parquet.parquet: the Parquet file is damaged"):
        read(CASES, "not_parquet.parquet")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder that datasets can load, with its cache beside it."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums/train.jsonl").write_text('{"question": "1?", "answer": 1}\n')
    (tmp_path / "sums/test.jsonl").write_text('{"question": "2?", "answer": 2}\n')
    return tmp_path


def test_folder_is_read_as_a_data_set(folder: Path) -> None:
    assert [row.statement for row in good(read(folder, "sums"))] == ["1?"]
    test = good(read(folder, "sums", split="test"))[0]
    assert (test.statement, test.reference, test.source, test.line) == ("2?", "2", "sums", 1)


def test_data_set_without_the_split_is_an_error(folder: Path) -> None:
    with pytest.raises(ProblemError, match=r"^sums: .*dev"):
        read(folder, "sums", split="dev")


def test_data_set_without_the_column_says_which_there_are(folder: Path) -> None:
    with pytest.raises(ProblemError, match=r"no column 'problem'; it has question, answer"):
        read(folder, "sums", statement="problem")
