"""JSON lines and JSON arrays: good rows, bad rows with their line, and files beyond reading."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

from stepmark.errors import ProblemError
from stepmark.problems import ProblemSource, read_problems
from stepmark.problems.json_rows import MAX_ROW
from tests.stepmark.problems.reading import CASES, good, read, read_text, reasons

ROW = '{"question": "1 + 1?", "answer": "2"}'


def test_each_bad_row_is_rejected_with_its_line_and_reason() -> None:
    """The rows around a bad one are read; blank lines are no rows but count as lines."""
    rows = read(CASES, "rows.jsonl", answer="hash")
    assert [problem.line for problem in good(rows)] == [1, 19]
    assert reasons(rows) == [
        (3, "broken_json"),
        (4, "not_an_object"),
        (5, "missing_column"),
        (6, "empty_statement"),
        (7, "empty_statement"),
        (8, "no_reference"),
        (9, "no_reference"),
        (10, "bad_reference"),
        (11, "wrong_type"),
        (12, "wrong_type"),
        (13, "wrong_type"),
        (14, "no_reference"),
        (15, "not_utf8"),
        (16, "nul_byte"),
        (17, "not_utf8"),
        (18, "duplicate"),
    ]


def test_detail_shows_the_value_and_stays_short(tmp_path: Path) -> None:
    long = json.dumps({"question": {"text": "x" * 5000}, "answer": "2"})
    reject = read_text(tmp_path, "a.jsonl", f"{ROW}\n{long}\n")[1]
    assert "question" in reject.detail
    assert "xxx" in reject.detail
    assert len(reject.detail) < 300


def test_missing_column_names_those_there_are(tmp_path: Path) -> None:
    reject = read_text(tmp_path, "a.jsonl", ROW + '\n{"problem": "1", "solution": "2"}')[1]
    assert "'question'" in reject.detail
    assert "problem, solution" in reject.detail


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty.jsonl", "holds no rows"),
        ("blank.jsonl", "holds no rows"),
        ("empty_array.json", "holds no rows"),
        ("prose.jsonl", "none of the first 2 rows can be used .broken_json 2."),
        ("utf16.jsonl", "UTF-16; save it as UTF-8"),
        ("broken_array.json", "breaks at its row 2: .* line 4"),
        ("open_array.json", "breaks after its row 1: 'end of file'"),
        ("cut.jsonl.gz", "cannot be read: Compressed file ended"),
    ],
)
def test_trouble_with_the_whole_file_is_one_error_that_names_it(name: str, message: str) -> None:
    with pytest.raises(ProblemError, match=message) as caught:
        read(CASES, name)
    assert str(caught.value).startswith(name)


def test_missing_file_names_what_was_tried(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="no such file or folder") as caught:
        read(tmp_path, "none.jsonl")
    assert str(tmp_path / "none.jsonl") in str(caught.value)
    assert str(Path.cwd() / "none.jsonl") in str(caught.value)


def test_file_in_the_current_directory_is_found_after_the_recipe_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/a.jsonl").write_text(ROW)
    monkeypatch.chdir(tmp_path / "here")
    assert len(good(read(tmp_path / "recipes", "a.jsonl"))) == 1


def test_source_name_holds_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(ROW)
    assert good(read(tmp_path, str(tmp_path / "a.jsonl")))[0].source == "a.jsonl"


def test_file_of_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"ends in none of .jsonl"):
        read_text(tmp_path, "a.txt", ROW)


def test_columns_wrong_everywhere_stop_a_long_file_early(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"first 200 rows .*it has 'question, answer'"):
        read_text(tmp_path, "a.jsonl", f"{ROW}\n" * 1000, statement="problem")


def test_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    rows = read_text(tmp_path, "a.jsonl", b"\xef\xbb\xbf" + f"{ROW}\r\n\r\n{ROW}\r\n".encode())
    assert [problem.line for problem in good(rows)] == [1]
    assert reasons(rows) == [(3, "duplicate")]


def test_gzip_is_told_by_its_bytes(tmp_path: Path) -> None:
    assert len(read_text(tmp_path, "a.jsonl", gzip.compress(ROW.encode()))) == 1
    assert len(read_text(tmp_path, "b.json.gz", gzip.compress(f"[{ROW}]".encode()))) == 1


@pytest.mark.parametrize(
    ("written", "reference"),
    [
        ("145.0", "145.0"),
        ("39", "39"),
        ("-7", "-7"),
        ("0.1", "0.1"),
        ("0.30000000000000001", "0.30000000000000001"),
        ("1e3", "1000"),
        ("2.5e-3", "0.0025"),
        ("123456789012345678901234.5", "123456789012345678901234.5"),
        ("1e999999", "1E+999999"),
        ('" 42 "', "42"),
    ],
)
def test_number_is_kept_as_written(tmp_path: Path, written: str, reference: str) -> None:
    rows = read_text(tmp_path, "a.jsonl", f'{{"question": "q", "answer": {written}}}')
    assert good(rows)[0].reference == reference


@pytest.mark.parametrize("written", ["NaN", "Infinity", "1e99999999999999999999", "1" * 5000])
def test_number_that_is_none_is_rejected(tmp_path: Path, written: str) -> None:
    row = f'{{"question": "q", "answer": {written}}}'
    rows = read_text(tmp_path, "a.jsonl", f"{ROW}\n{row}")
    assert len(reasons(rows)) == 1


def test_nesting_too_deep_is_a_broken_row(tmp_path: Path) -> None:
    rows = read_text(tmp_path, "a.jsonl", f"{ROW}\n" + "[" * 200_000)
    assert reasons(rows) == [(2, "broken_json")]


def test_statement_over_the_bound_is_too_long(tmp_path: Path) -> None:
    rows = [{"question": "x" * length, "answer": 1} for length in (100_000, 100_001)]
    result = read_text(tmp_path, "a.json", json.dumps(rows))
    assert len(good(result)) == 1
    assert reasons(result) == [(2, "too_long")]


def test_endless_line_is_skipped_without_holding_it(tmp_path: Path) -> None:
    content = f"{ROW}\n{'x' * (2 * MAX_ROW + 5)}\n" + ROW.replace("1 + 1", "2")
    rows = read_text(tmp_path, "a.jsonl", content)
    assert [problem.line for problem in good(rows)] == [1, 3]
    assert reasons(rows) == [(2, "too_long")]


def test_json_file_with_one_object_a_line_is_read_as_lines(tmp_path: Path) -> None:
    rows = read_text(tmp_path, "a.json", f"\n{ROW}\n{{}}\n")
    assert [problem.line for problem in good(rows)] == [2]
    assert reasons(rows) == [(3, "missing_column")]


def test_array_rows_are_numbered_and_other_values_rejected(tmp_path: Path) -> None:
    rows = read_text(tmp_path, "a.json", f"[1, {ROW} ,null,[{ROW}] ]\n")
    assert [problem.line for problem in good(rows)] == [2]
    assert reasons(rows) == [(1, "not_an_object"), (3, "not_an_object"), (4, "not_an_object")]


def test_text_after_an_array_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="breaks after its row 1"):
        read_text(tmp_path, "a.json", f"[{ROW}] [{ROW}]")


def test_array_rows_that_straddle_reads_are_whole(tmp_path: Path) -> None:
    rows = [{"question": f"{i} " + "é" * (i * 997 % 90_000), "answer": i} for i in range(60)]
    result = good(read_text(tmp_path, "a.json", json.dumps(rows, indent=1, ensure_ascii=False)))
    assert [problem.reference for problem in result] == [str(i) for i in range(60)]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_long_file_is_never_held_whole(tmp_path: Path, name: str) -> None:
    """Sixteen megabytes pass through far less memory."""
    rows = (json.dumps({"question": f"{i}", "answer": "1", "x": "x" * 10_000}) for i in range(1600))
    mark, ends = ("\n", "  ") if name == "a.jsonl" else (",", "[]")
    (tmp_path / name).write_text(ends[0] + mark.join(rows) + ends[1])
    source = ProblemSource(path=name, statement="question", reference="answer")
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_problems(source, tmp_path)) == 1600
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_limit_counts_problems(tmp_path: Path) -> None:
    content = "\n".join([ROW, "broken", *(ROW.replace("1 + 1", str(i)) for i in range(9))])
    (tmp_path / "a.jsonl").write_text(content)
    source = ProblemSource(path="a.jsonl", statement="question", reference="answer")
    assert len(good(read_problems(source, tmp_path, limit=3))) == 3


def test_ids_depend_on_content_alone(tmp_path: Path) -> None:
    first = read_text(tmp_path, "a.jsonl", ROW)[0]
    second = read_text(tmp_path, "b.jsonl", f"\n\n{ROW}")[0]
    assert first.id == second.id
    assert read_text(tmp_path, "c.jsonl", ROW, kind="text")[0].id != first.id
    assert read_text(tmp_path, "d.jsonl", ROW, reference=None)[0].id != first.id
