"""Schemas: derived from the records, and every change to a column is seen in review."""

from __future__ import annotations

import ast
import dataclasses
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from stepmark.records import Problem, Solution
from storage.schema import SCHEMA_VERSION, field_docs, schema_of
from storage.shards import STORED

PRINTED = Path(__file__).parent / "schemas"
RECORDS = {re.sub(r"\B(?=[A-Z])", "_", one.__name__).lower(): one for one in STORED}


def printed(record: type) -> str:
    """Return a record's schema as text: name, type and null for each column."""
    lines = [f"{record.__name__}, schema version {SCHEMA_VERSION}"]
    lines += [column(field, "") for field in schema_of(record)]
    return "\n".join(lines) + "\n"


def column(field: pa.Field, indent: str) -> str:
    null = " | null" if field.nullable else ""
    kind = field.type
    inside = ""
    if pa.types.is_list(kind):
        inside = "\n" + column(kind.value_field, indent + "  ")
        kind = "list"
    elif pa.types.is_struct(kind):
        inside = "".join("\n" + column(each, indent + "  ") for each in kind)
        kind = "struct"
    return f"{indent}{field.name}: {kind}{null}{inside}"


@pytest.mark.parametrize("name", RECORDS)
def test_a_schema_is_as_committed(name):
    """After a wanted change: raise SCHEMA_VERSION, then `python -m tests.storage.test_schema`."""
    assert printed(RECORDS[name]) == (PRINTED / f"{name}.txt").read_text(encoding="utf-8")


def test_every_committed_schema_has_its_record():
    assert sorted(path.stem for path in PRINTED.glob("*.txt")) == sorted(RECORDS)


@pytest.mark.parametrize("record", RECORDS.values())
def test_every_column_is_described_in_the_file(record):
    for field in schema_of(record):
        assert field.metadata is not None
        assert field.metadata[b"description"].decode() == field_docs(record)[field.name]


def test_a_schema_names_its_record_and_version():
    assert schema_of(Problem).metadata == {
        b"stepmark.schema": f"Problem v{SCHEMA_VERSION}".encode()
    }


def test_a_description_is_one_line():
    assert not any(
        "\n" in text for record in RECORDS.values() for text in field_docs(record).values()
    )


def test_no_column_is_of_the_null_type():
    assert not any(
        pa.types.is_null(field.type) for record in RECORDS.values() for field in schema_of(record)
    )


@dataclass
class Strange:
    """A record with a column nobody can store."""

    facts: dict[str, int]


@dataclass
class Ambiguous:
    """A record with a column of two types."""

    value: int | str | None


@pytest.mark.parametrize(("record", "field"), [(Strange, "facts"), (Ambiguous, "value")])
def test_a_type_that_is_no_column_is_refused_by_name(record, field):
    with pytest.raises(TypeError, match=f"{record.__name__}.{field} is .*: a column may be str"):
        schema_of(record)


def test_fields_without_a_description_have_none():
    @dataclass
    class Bare:
        number: int

    assert field_docs(Bare) == {}
    assert schema_of(Bare).field("number").metadata is None


def test_records_and_columns_stand_in_the_same_order():
    for record in RECORDS.values():
        assert schema_of(record).names == [field.name for field in dataclasses.fields(record)]


if __name__ == "__main__":
    for each, its_record in RECORDS.items():
        (PRINTED / f"{each}.txt").write_text(printed(its_record), encoding="utf-8")


def test_sources_are_parsed_by_one_thread_at_a_time(monkeypatch):
    """Shards of several kinds are written at once, and two threads in the parser break it."""
    meeting, parse = threading.Barrier(2), ast.parse
    met: list[object] = []

    def parsing(*arguments, **options):
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.2)
            met.append(arguments)
        return parse(*arguments, **options)

    field_docs.cache_clear()
    monkeypatch.setattr(ast, "parse", parsing)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(field_docs, (Problem, Solution)))
    assert not met
