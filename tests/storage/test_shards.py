"""Shards: whole or not there, and what was written is what is read."""

from __future__ import annotations

import hashlib
import typing
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepmark.errors import StorageError
from stepmark.records import Annotation, Problem, Reject, Rollout, Solution
from storage import shards
from storage.rows import Dropped, LabelledSolution
from storage.shards import read_shard, shard_ref, write_shard
from tests.fakes.factories import a_problem, an_annotation

RECORDS = [Annotation, Dropped, LabelledSolution, Problem, Reject, Rollout, Solution]
TRAPS = ["", "\0", "😀", "e\u0301", "\u2028", "\r\n", 'a,b\t"c"', "None", "NaN"]
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: st.sampled_from(TRAPS) | st.text(max_size=5),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return every value that a column of this annotation may hold."""
    arguments = typing.get_args(hint)
    if hint in SCALARS:
        return SCALARS[hint]
    if typing.get_origin(hint) is typing.Literal:
        return st.sampled_from(arguments)
    if typing.get_origin(hint) is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if is_dataclass(hint):
        return records_of(typing.cast("type", hint))
    return st.none() | values_of(next(a for a in arguments if a is not type(None)))


def records_of(record: type) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(record)
    return st.builds(record, **{f.name: values_of(hints[f.name]) for f in fields(record)})


@pytest.mark.parametrize("record", RECORDS)
@given(data=st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_record_comes_back_as_it_was(record, data, tmp_path):
    rows = tuple(data.draw(st.lists(records_of(record), max_size=3)))
    reference = write_shard(tmp_path, "part.parquet", record, rows)
    assert read_shard(tmp_path / "part.parquet", record) == rows
    assert reference.rows == len(rows)


def test_empty_tuples_nulls_and_all_null_columns_come_back():
    """Arrow guesses the type `null` for a column without values unless it is told."""
    row = an_annotation(labels=())
    table = shards.table_from(Annotation, [row, row])
    assert pa.types.is_int64(table.schema.field("first_error").type)
    assert table["first_error"].null_count == 2


def test_a_shard_without_rows_still_has_its_columns(tmp_path):
    write_shard(tmp_path, "part.parquet", Solution, [])
    assert read_shard(tmp_path / "part.parquet", Solution) == ()
    assert pq.read_schema(tmp_path / "part.parquet").names == [f.name for f in fields(Solution)]


def test_a_reference_says_path_rows_and_hash(tmp_path):
    reference = write_shard(tmp_path, "problems/part-0000.parquet", Problem, [a_problem()])
    content = (tmp_path / "problems" / "part-0000.parquet").read_bytes()
    assert reference.path == "problems/part-0000.parquet"
    assert (reference.rows, reference.sha256) == (1, hashlib.sha256(content).hexdigest())
    assert shard_ref(tmp_path, reference.path) == reference


def test_equal_rows_give_equal_bytes(tmp_path):
    rows = [a_problem(str(number)) for number in range(100)]
    one, two = (write_shard(tmp_path, name, Problem, rows) for name in ("a.parquet", "b.parquet"))
    assert one.sha256 == two.sha256


def test_writing_leaves_nothing_but_the_shard(tmp_path):
    for _ in range(2):
        write_shard(tmp_path, "part.parquet", Problem, [a_problem()])
    assert [path.name for path in tmp_path.iterdir()] == ["part.parquet"]


def test_a_write_that_breaks_off_leaves_the_old_shard(tmp_path, monkeypatch):
    before = write_shard(tmp_path, "part.parquet", Problem, [a_problem()])

    def fills_the_disk(table: pa.Table, path: Path, **options: Any) -> None:
        path.write_bytes(b"PAR1 and no more")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", fills_the_disk)
    with pytest.raises(StorageError, match=r"part\.parquet cannot be written: No space left"):
        write_shard(tmp_path, "part.parquet", Problem, [])
    assert shard_ref(tmp_path, "part.parquet") == before


def test_a_write_that_breaks_off_leaves_no_shard_where_there_was_none(tmp_path, monkeypatch):
    def is_killed(table: pa.Table, path: Path, **options: Any) -> None:
        path.write_bytes(b"PAR1 and no more")
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", is_killed)
    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path, "part.parquet", Problem, [])
    assert list(tmp_path.glob("*.parquet")) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "problems").write_text("in the way")
    with pytest.raises(StorageError, match=r"problems/part\.parquet cannot be written"):
        write_shard(tmp_path, "problems/part.parquet", Problem, [])


@pytest.mark.parametrize("content", [b"", b"no parquet at all", None])
def test_a_shard_that_is_missing_or_damaged_says_what_to_do(tmp_path, content):
    path = tmp_path / "part.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StorageError, match=r"cannot be read: .*--replace"):
        read_shard(path, Problem)
    with pytest.raises(StorageError, match=r"cannot be read: .*--replace"):
        shard_ref(tmp_path, "part.parquet")


def test_a_shard_of_other_columns_is_refused(tmp_path):
    write_shard(tmp_path, "part.parquet", Problem, [])
    with pytest.raises(StorageError, match=r"not those of Rollout.*--replace"):
        read_shard(tmp_path / "part.parquet", Rollout)


def test_a_shard_with_columns_of_other_types_is_refused(tmp_path):
    columns = {field.name: pa.array([], pa.string()) for field in fields(Rollout)}
    pq.write_table(pa.table(columns), tmp_path / "part.parquet")
    with pytest.raises(StorageError, match="not those of Rollout, or other types"):
        read_shard(tmp_path / "part.parquet", Rollout)


def test_a_null_where_none_may_be_is_never_written(tmp_path):
    broken = replace(a_problem(), statement=None)  # type: ignore[arg-type]
    with pytest.raises(pa.ArrowInvalid, match="statement"):
        write_shard(tmp_path, "part.parquet", Problem, [broken])
    assert list(tmp_path.glob("*.parquet")) == []


def test_a_folder_name_with_an_equals_sign_adds_no_column(tmp_path):
    """Arrow reads `key=value` folders as columns unless the path is one file."""
    write_shard(tmp_path, "lr=3/part.parquet", Problem, [a_problem()])
    assert read_shard(tmp_path / "lr=3" / "part.parquet", Problem) == (a_problem(),)
