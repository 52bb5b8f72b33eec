"""Arrow schemas derived from the record classes, so that a column is described once.

A field's annotation gives its Arrow type (`X | None` is nullable), the docstring under it becomes
the column's description inside the Parquet file.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import textwrap
import threading
import types
import typing
from typing import Any

import pyarrow as pa

SCHEMA_VERSION = 6
"""Raised whenever a column is added, removed or changes its meaning."""

_PARSER = threading.Lock()
"""CPython 3.11's parser raises SystemError, now and then, when several threads are in it."""
_SCALARS: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
}


@functools.cache
def schema_of(record: type) -> pa.Schema:
    """Return the Arrow schema of a record class, with its field docs as metadata."""
    return pa.schema(
        _fields(record),
        metadata={"stepmark.schema": f"{record.__name__} v{SCHEMA_VERSION}"},
    )


def _fields(record: type) -> list[pa.Field[Any]]:
    hints = typing.get_type_hints(record)
    docs = field_docs(record)
    fields = []
    for field in dataclasses.fields(record):
        arrow, nullable = _arrow(hints[field.name], f"{record.__name__}.{field.name}")
        metadata = {"description": docs[field.name]} if field.name in docs else None
        fields.append(pa.field(field.name, arrow, nullable=nullable, metadata=metadata))
    return fields


def _arrow(hint: Any, where: str) -> tuple[pa.DataType, bool]:
    """Return the Arrow type of an annotation and whether it may be null."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in arguments if a is not type(None)]
        if len(inner) == 1 and len(arguments) == 2:  # noqa: PLR2004 (X | None)
            return _arrow(inner[0], where)[0], True
    if origin is typing.Literal:
        return pa.string(), False
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:  # noqa: PLR2004
        element, nullable = _arrow(arguments[0], where)
        return pa.list_(pa.field("element", element, nullable=nullable)), False
    if hint in _SCALARS:
        return _SCALARS[hint], False
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return pa.struct(_fields(hint)), False
    raise TypeError(
        f"{where} is {hint!r}: a column may be str, int, float, bool, a Literal, a record, "
        "tuple[X, ...] of these, or X | None."
    )


@functools.cache
def field_docs(record: type) -> dict[str, str]:
    """Return the docstring under each field of a record class."""
    with _PARSER:
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(record))).body
    assert isinstance(body, ast.ClassDef)
    docs = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            docs[field.target.id] = " ".join(str(after.value.value).split())
    return docs
